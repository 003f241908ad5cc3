//! What can go wrong with a registry.

use crate::digest::InvalidDigest;

/// A registry did not do what was asked, or sent what was not expected.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No answer.
    #[error("failed to reach `{url}` for {what}")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// Where.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// An answer that began and did not end.
    #[error("{what}: the answer of `{url}` broke off after {received} bytes")]
    BrokenOff {
        /// What was asked for.
        what: String,
        /// Where.
        url: String,
        /// How many bytes had come.
        received: u64,
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

    /// Returns a next step that works, whichever command asked.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Unreachable { url, .. } => {
                return Some(format!("check that `{}/v2/` answers from this machine", origin(url)));
            }
            Self::Unauthorized { url, .. } => return Some(log_in(origin(url))),
            Self::Login { host, .. } => return Some(log_in(host)),
            Self::BrokenOff { .. } => "run the same command again",
            Self::Status { status: 429 | 500.., .. } => {
                "that is the registry's own failure: run the same command again later"
            }
            Self::NotFound { .. } => {
                "the registry lacks a part of what it publishes: run the same command again later"
            }
            Self::Digest { .. } | Self::Size { .. } => {
                "the registry or something before it altered the content: ask upstream's registry directly, and do not use this content"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    pub(super) fn digest(what: &str, error: &InvalidDigest) -> Self {
        Self::Malformed { what: what.to_owned(), reason: error.to_string() }
    }
}

/// Returns scheme and host of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[..end]
}

fn log_in(origin: &str) -> String {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    // Credentials for it are stored under another name.
    let host = if host == "registry-1.docker.io" { "docker.io" } else { host };
    format!(
        "log in with `docker login {host}`, podman or skopeo: their credential files and helpers are read"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_registry_that_one_logs_in_to() {
        for (url, command) in [
            ("https://registry-1.docker.io/v2/a/b/manifests/1", "`docker login docker.io`"),
            ("http://127.0.0.1:5000/v2/", "`docker login 127.0.0.1:5000`"),
            ("https://ghcr.io", "`docker login ghcr.io`"),
        ] {
            let error = RegistryError::Unauthorized { what: "x".into(), url: url.into(), status: 401 };
            let expected = format!(
                "log in with {command}, podman or skopeo: their credential files and helpers are read"
            );
            assert_eq!(error.hint(), Some(expected));
        }
    }
}
