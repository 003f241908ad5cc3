//! What can go wrong with a registry.

use std::time::Duration;

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
        /// Whether nobody ever answered there: then it is not asked again.
        lasting: bool,
        /// Why.
        source: reqwest::Error,
    },
    /// Nothing moved on a connection.
    #[error("{what}: `{url}` was silent for {seconds} s")]
    Silent {
        /// What was asked for.
        what: String,
        /// Where.
        url: String,
        /// For how long, in seconds.
        seconds: u64,
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
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// It failed for a reason that passes, and that did not pass.
    #[error("{source}; gave up after {} in {seconds} s{}", times(*attempts), wished(*wish))]
    GaveUp {
        /// How often it was tried.
        attempts: u32,
        /// How long that took, in seconds.
        seconds: u64,
        /// The wait that the registry asked for, in seconds, where that was longer than is waited for.
        wish: Option<u64>,
        /// What happened the last time.
        source: Box<RegistryError>,
    },
    /// This machine's set-up for registries cannot be used.
    #[error("{what}: {reason}")]
    Setup {
        /// What cannot be used.
        what: String,
        /// Why.
        reason: String,
        /// What to do about it.
        hint: &'static str,
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
            self.cause(),
            Self::Digest { .. } | Self::Size { .. } | Self::TooLarge { .. } | Self::Malformed { .. }
        )
    }

    /// Returns a next step that works, whichever command asked.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self.cause() {
            Self::Unreachable { url, .. } => {
                return Some(format!("check that `{}/v2/` answers from this machine", origin(url)));
            }
            Self::Unauthorized { url, .. } => return Some(log_in(origin(url))),
            Self::Login { host, .. } => return Some(log_in(host)),
            Self::BrokenOff { .. } | Self::Silent { .. } => "run the same command again",
            Self::Status { status: 429 | 500.., .. } => {
                "that is the registry's own failure: run the same command again later"
            }
            Self::Setup { hint, .. } => hint,
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

    /// Returns what went wrong, whether or not it was tried more than once.
    #[must_use]
    pub fn cause(&self) -> &Self {
        match self {
            Self::GaveUp { source, .. } => source.cause(),
            other => other,
        }
    }

    /// Returns whether another attempt may end otherwise.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { lasting, source, .. } => !lasting && !source.is_builder(),
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::BrokenOff { .. } | Self::Silent { .. } => true,
            _ => false,
        }
    }

    /// Returns how long the registry asks to wait.
    pub(super) fn asks_to_wait(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(super) fn digest(what: &str, error: &InvalidDigest) -> Self {
        Self::Malformed { what: what.to_owned(), reason: error.to_string() }
    }
}

fn times(attempts: u32) -> String {
    if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") }
}

fn wished(wish: Option<u64>) -> String {
    wish.map(|seconds| format!(", as it asks to wait {seconds} s")).unwrap_or_default()
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
