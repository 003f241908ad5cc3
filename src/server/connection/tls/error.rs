//! Why a certificate cannot be used or generated.

use jiff::Timestamp;
use tokio_rustls::rustls;

/// A certificate cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not PEM of its kind. No part of it is repeated.
    #[error("no {what} in it, as PEM")]
    Pem {
        /// What was looked for.
        what: &'static str,
    },
    /// The certificate and the key do not belong together, or are of a kind that is not spoken.
    #[error("the certificate and the private key cannot be used together")]
    Unusable(#[source] rustls::Error),
    /// The certificate is not good at this time, so no client would take it.
    #[error("the certificate is not valid now: valid {from} to {until}, current time {now}")]
    Outdated {
        /// When it begins to be good.
        from: Timestamp,
        /// When it ends to be good.
        until: Timestamp,
        /// The current time.
        now: Timestamp,
    },
    /// A name is neither a DNS name nor an IP address.
    #[error("`{name}` is neither a DNS name nor an IP address")]
    Name {
        /// The name.
        name: String,
    },
    /// The system gives no randomness, or the certificate cannot be written down.
    #[error("cannot generate a certificate: {reason}")]
    Make {
        /// Why.
        reason: String,
    },
}
