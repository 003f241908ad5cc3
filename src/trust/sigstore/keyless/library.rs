//! What `sigstore-verify` refuses, in our words.

use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

use super::fault::KeylessFault;
use crate::trust::keys::encoding::excerpt_of;

/// Translates a refusal. The library's text follows where it says more than the kind of the refusal does.
pub(crate) fn fault(error: Error) -> KeylessFault {
    match error {
        Error::Certificate(error) => certificate(error),
        Error::TransparencyLog(error) => log(error),
        Error::Timestamp(error) => timestamp(error),
        Error::SignatureInvalid(_) => KeylessFault::Signature,
        Error::ArtifactMismatch(text) | Error::UnsupportedArtifact(text) => {
            KeylessFault::OtherArtifact { reason: reason(&text) }
        }
        Error::InvalidTrustRoot(text) => KeylessFault::TrustedRoot { reason: reason(&text) },
        other => KeylessFault::bundle(&other.to_string()),
    }
}

fn certificate(error: CertificateError) -> KeylessFault {
    match error {
        CertificateError::ChainInvalid(text) => KeylessFault::Chain { reason: reason(&text) },
        CertificateError::NoValidAuthority { time } => KeylessFault::NoAuthority { time: time.to_string() },
        CertificateError::NotYetValid { time, not_before } => {
            KeylessFault::TooEarly { time: time.to_string(), not_before: not_before.to_string() }
        }
        CertificateError::Expired { time, not_after } => {
            KeylessFault::Expired { time: time.to_string(), not_after: not_after.to_string() }
        }
        CertificateError::Malformed(text) => KeylessFault::Certificate { reason: reason(&text) },
        CertificateError::Sct(text) => KeylessFault::Sct { reason: reason(&text) },
        other => KeylessFault::Certificate { reason: reason(&other.to_string()) },
    }
}

fn log(error: TransparencyLogError) -> KeylessFault {
    match error {
        TransparencyLogError::UnknownLog { log_id } => KeylessFault::UnknownLog { log: reason(&log_id) },
        TransparencyLogError::InclusionProof(text) => KeylessFault::Proof { reason: reason(&text) },
        TransparencyLogError::Checkpoint(text) => KeylessFault::Checkpoint { reason: reason(&text) },
        TransparencyLogError::InclusionPromise(text) => KeylessFault::Promise { reason: reason(&text) },
        TransparencyLogError::EntryMismatch(text) => KeylessFault::OtherEntry { reason: reason(&text) },
        // Whether it is within the certificate's life has been checked by now.
        TransparencyLogError::IntegratedTime(_) => KeylessFault::Future,
        TransparencyLogError::MalformedEntry(text) => KeylessFault::EntryMalformed { reason: reason(&text) },
        other => KeylessFault::EntryMalformed { reason: reason(&other.to_string()) },
    }
}

fn timestamp(error: TimestampError) -> KeylessFault {
    match error {
        TimestampError::OutsideAuthorityValidity { time } => {
            KeylessFault::TimestampTime { time: time.to_string() }
        }
        TimestampError::Invalid(text) => KeylessFault::Timestamp { reason: reason(&text) },
        TimestampError::NoVerifiedTimestamp(_) => KeylessFault::NoTimestamp,
        other => KeylessFault::Timestamp { reason: reason(&other.to_string()) },
    }
}

/// Returns what the library says, which names two hashes in places.
fn reason(text: &str) -> String {
    excerpt_of(text, 400)
}
