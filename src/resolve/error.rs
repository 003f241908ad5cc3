//! Why a reference cannot be resolved.

use crate::registry::RegistryError;

/// A reference could not be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The registry did not answer as it should.
    #[error("failed to resolve `{reference}`")]
    Registry {
        /// The reference.
        reference: String,
        /// What went wrong.
        source: RegistryError,
    },
    /// Not every target is there.
    #[error("`{reference}` has no image for {}: it has {}", missing.join(", "), listed(found))]
    Platforms {
        /// The reference.
        reference: String,
        /// The targets that are not there.
        missing: Vec<String>,
        /// The platforms that are.
        found: Vec<String>,
    },
    /// What was found has a form that cannot be carried.
    #[error("`{reference}`: {reason}")]
    Unsupported {
        /// The reference.
        reference: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ResolveError {
    /// Returns whether what was found is refused, rather than not found.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Registry { source, .. } => source.is_refusal(),
            Self::Platforms { .. } | Self::Unsupported { .. } => true,
        }
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Registry { source, .. } => hint(source),
            Self::Platforms { .. } => {
                Some("take the target out of `targets`, or choose a version that has it".to_owned())
            }
            Self::Unsupported { .. } => None,
        }
    }
}

fn listed(platforms: &[String]) -> String {
    if platforms.is_empty() { "no platform".to_owned() } else { platforms.join(", ") }
}

/// Returns what helps with a registry that is read from.
fn hint(error: &RegistryError) -> Option<String> {
    let text = match error.cause() {
        RegistryError::Unreachable { .. } => {
            return error.hint().map(|hint| hint + "; a mirror of it is named in the file of `--registries`");
        }
        RegistryError::NotFound { .. } => {
            "check the name and the tag in the spec; if the lock's digest is gone, `bundle lock SPEC --update` takes the tag's current digest"
        }
        RegistryError::Malformed { .. } | RegistryError::TooLarge { .. } => {
            "that is not what a registry sends: ask upstream's registry directly, and do not use this content"
        }
        _ => return error.hint(),
    };
    Some(text.to_owned())
}
