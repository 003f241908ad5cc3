//! What can go wrong with a registry.

pub(super) mod hint;

use std::time::Duration;

use super::place::Place;
use crate::digest::InvalidDigest;

/// A registry did not do what was asked, or sent what was not expected.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No answer.
    #[error("failed to reach {place} for {what}")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// Where.
        place: Place,
        /// Whether no request to this place was ever answered: then there is no retry.
        lasting: bool,
        /// Why.
        source: reqwest::Error,
    },
    /// The proxy refuses the connection.
    #[error("{what}: the proxy `{proxy}` answered {status} on the way to `{url}`")]
    Proxy {
        /// What was asked for.
        what: String,
        /// The proxy's host and port.
        proxy: String,
        /// Where the way leads.
        url: String,
        /// The status code.
        status: u16,
    },
    /// Nothing moved on a connection.
    #[error("{what}: {place} was silent for {seconds} s")]
    Silent {
        /// What was asked for.
        what: String,
        /// Where.
        place: Place,
        /// For how long, in seconds.
        seconds: u64,
    },
    /// An answer that began and did not end.
    #[error("{what}: the answer of {place} broke off after {received} bytes")]
    BrokenOff {
        /// What was asked for.
        what: String,
        /// Where.
        place: Place,
        /// How many bytes had come.
        received: u64,
        /// Why.
        source: reqwest::Error,
    },
    /// The registry says that it does not have it.
    #[error("{what}: not found at {place}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// Where.
        place: Place,
    },
    /// The registry wants other credentials, or none are good enough.
    #[error("{what}: {place} refuses access ({status})")]
    Unauthorized {
        /// What was asked for.
        what: String,
        /// Where.
        place: Place,
        /// The status code.
        status: u16,
    },
    /// Any other status code than the expected one.
    #[error("{what}: {place} answered {status}, expected {expected}{message}")]
    Status {
        /// What was asked for.
        what: String,
        /// Where.
        place: Place,
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
    /// The content does not have the form that it should have.
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
            Self::Status { status, .. } | Self::Proxy { status, .. } => {
                matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
            }
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
