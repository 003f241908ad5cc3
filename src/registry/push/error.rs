//! What can go wrong with a push.

use crate::digest::Digest;
use crate::registry::error::RegistryError;

/// A push was refused or is not complete.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The registry did not do what was asked.
    #[error("failed to push")]
    Registry(#[from] RegistryError),
    /// A tag already points to something else.
    #[error("`{name}` already exists with another digest: expected `{expected}`, found `{found}`")]
    TagTaken {
        /// The tag, with registry and repository.
        name: String,
        /// The digest that it would get.
        expected: Digest,
        /// The digest that it has.
        found: Digest,
    },
    /// Two upstream repositories have the same path.
    #[error("`{first}` and `{second}` would both become `{repository}`")]
    Collision {
        /// The path at the target.
        repository: String,
        /// One upstream repository.
        first: String,
        /// The other.
        second: String,
    },
    /// Something that was sent cannot be read back.
    #[error("the push is not complete; these cannot be read back: {}", missing.join(", "))]
    Incomplete {
        /// What is missing.
        missing: Vec<String>,
    },
}

impl PushError {
    /// Returns whether this is a "no" rather than a failure to find out.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_refusal(),
            _ => true,
        }
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Registry(error) => hint(error),
            Self::TagTaken { .. } => Some("`--retag` moves the tag to what the bundle holds".to_owned()),
            Self::Collision { first, second, .. } => Some(mapping(first, second)),
            Self::Incomplete { .. } => {
                Some("run the same command again: only what is missing is sent".to_owned())
            }
        }
    }
}

/// Returns how two repositories of one path can be kept apart: Docker Hub's, the most frequent ones, keep their paths.
fn mapping(first: &str, second: &str) -> String {
    let name = if second.starts_with("docker.io/") { first } else { second };
    let (host, repository) = name.split_once('/').unwrap_or((name, ""));
    let path = host.replace(':', "-");
    format!(
        "give one of the two hosts a path of its own: `--path {host}={path}` with `push` and `serve`, \
         `registry: {{paths: {{'{host}': {path}}}}}` in the site; then `{name}` becomes `{path}/{repository}`"
    )
}

/// Returns what helps with a registry that is pushed to.
fn hint(error: &RegistryError) -> Option<String> {
    let hint = error.hint();
    match error.cause() {
        RegistryError::Unreachable { place, .. }
            if !error.is_certificate() && place.answering_proxy().is_none() =>
        {
            hint.map(|hint| {
                hint + "; off a loopback address TLS is spoken unless `--plain-http HOST` says otherwise"
            })
        }
        RegistryError::NotFound { .. } => {
            Some("check that the registry takes pushes under this path".to_owned())
        }
        RegistryError::BrokenOff { .. }
        | RegistryError::Silent { .. }
        | RegistryError::Status { status: 429 | 500.., .. } => {
            hint.map(|hint| hint + ", only what is missing is sent")
        }
        _ => hint,
    }
}
