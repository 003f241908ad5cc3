//! What can go wrong with a registry.

use crate::digest::InvalidDigest;

/// A registry did not do what was asked, or sent what was not expected.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No answer, or one that broke off.
    #[error("failed to reach `{url}` for {what}")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// Where.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The registry says that it does not have it.
    #[error("{what}: not found at `{url}`")]
    NotFound {
        /// What was asked for.
        what: String,
        /// Where.
        url: String,
    },
    /// The registry wants other credentials, or none are good enough.
    #[error("{what}: `{url}` refuses access ({status})")]
    Unauthorized {
        /// What was asked for.
        what: String,
        /// Where.
        url: String,
        /// The status code.
        status: u16,
    },
    /// Any other status code than the expected one.
    #[error("{what}: `{url}` answered {status}, expected {expected}{message}")]
    Status {
        /// What was asked for.
        what: String,
        /// Where.
        url: String,
        /// What was expected.
        expected: &'static str,
        /// The status code.
        status: u16,
        /// What the registry said, shortened; empty, or beginning with `: `.
        message: String,
    },
    /// The content has another digest than the one that was asked for.
    #[error("{what}: expected digest `{expected}`, found `{found}`")]
    Digest {
        /// What was asked for.
        what: String,
        /// The digest that was asked for.
        expected: String,
        /// The digest of what came.
        found: String,
    },
    /// The content has another size than the one that was promised.
    #[error("{what}: expected {expected} bytes, found {found}")]
    Size {
        /// What was asked for.
        what: String,
        /// The size that was promised.
        expected: u64,
        /// The size that came, or that was announced.
        found: u64,
    },
    /// The content is larger than anything of its kind may be.
    #[error("{what}: larger than the limit of {limit} bytes")]
    TooLarge {
        /// What was asked for.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The content is not what it is said to be.
    #[error("{what}: {reason}")]
    Malformed {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A token could not be had.
    #[error("{what}: failed to log in at `{host}`: {reason}")]
    Login {
        /// What was asked for.
        what: String,
        /// Where.
        host: String,
        /// Why.
        reason: String,
    },
    /// A blob could not be read or written on this side.
    #[error("{what}: failed to read or write it here")]
    Local {
        /// What was moved.
        what: String,
        /// Why.
        source: std::io::Error,
    },
}

impl RegistryError {
    /// Returns whether the content itself was refused, rather than not obtained.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Digest { .. } | Self::Size { .. } | Self::TooLarge { .. } | Self::Malformed { .. }
        )
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { url, .. } => Some(format!("check that `{url}` answers from this machine; a mirror is named with --registries, plain HTTP off loopback with --plain-http")),
            Self::Unauthorized { url, .. } | Self::Login { host: url, .. } => {
                Some(format!("log in to `{url}` with docker, podman or skopeo: their credential files and helpers are read"))
            }
            Self::NotFound { .. } => Some("check the name and the tag in the spec".to_owned()),
            Self::Digest { .. } | Self::Size { .. } => Some("the registry or something before it altered the content: ask upstream's registry directly, and do not use this content".to_owned()),
            _ => None,
        }
    }

    pub(super) fn digest(what: &str, error: &InvalidDigest) -> Self {
        Self::Malformed { what: what.to_owned(), reason: error.to_string() }
    }
}
