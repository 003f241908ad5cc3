//! Why an image cannot be made.

use crate::reference::ImageRef;

/// An image cannot be made from its parts.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A part has a form that nothing can be made from.
    #[error("`{part}`: {reason}")]
    Part {
        /// The base or the artifact.
        part: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The wanted file is not in an artifact, or is no file.
    #[error("file `{file}` of `{artifact}`: {reason}")]
    File {
        /// The file.
        file: String,
        /// The artifact.
        artifact: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A part could not be read, or what is made not be written.
    #[error("`{part}` cannot be read, or what is made from it not be written")]
    Io {
        /// The base or the artifact.
        part: String,
        /// Why.
        source: std::io::Error,
    },
}

impl ComposeError {
    pub(super) fn part(reference: &ImageRef, reason: impl Into<String>) -> Self {
        Self::Part { part: reference.to_string(), reason: reason.into() }
    }

    pub(super) fn io(reference: &ImageRef, source: std::io::Error) -> Self {
        Self::Io { part: reference.to_string(), source }
    }

    pub(super) fn layer(source: std::io::Error) -> Self {
        Self::Io { part: "a layer".to_owned(), source }
    }

    /// Returns whether what was found is refused, rather than not obtained.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Io { .. })
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Part { .. } => Some(
                "choose a version of it that has every target and one layer, or take it out of `compose`",
            ),
            Self::File { .. } => {
                Some("write the name of a file at the top of the artifact's layer into `compose`")
            }
            Self::Io { .. } => None,
        }
    }
}
