//! What `sigstore-verify` refuses, in our words.

use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

use super::super::encoding::excerpt;
use super::fault::KeylessFault;

/// Translates a refusal. The library's text follows where it says more than the kind of the refusal does.
pub(super) fn fault(error: Error) -> KeylessFault {
    match error {
        Error::Certificate(error) => certificate(error),
        Error::TransparencyLog(error) => log(error),
        Error::Timestamp(error) => timestamp(error),
        Error::SignatureInvalid(_) => KeylessFault::Signature,
        Error::ArtifactMismatch(reason) | Error::UnsupportedArtifact(reason) => {
            KeylessFault::OtherArtifact { reason: excerpt(&reason) }
        }
        Error::InvalidTrustRoot(reason) => KeylessFault::TrustedRoot { reason: excerpt(&reason) },
        other => KeylessFault::bundle(&other.to_string()),
    }
}

fn certificate(error: CertificateError) -> KeylessFault {
    match error {
        CertificateError::ChainInvalid(reason) => KeylessFault::Chain { reason: excerpt(&reason) },
        CertificateError::NoValidAuthority { time } => KeylessFault::NoAuthority { time: time.to_string() },
        CertificateError::NotYetValid { time, not_before } => {
            KeylessFault::TooEarly { time: time.to_string(), not_before: not_before.to_string() }
        }
        CertificateError::Expired { time, not_after } => {
            KeylessFault::Expired { time: time.to_string(), not_after: not_after.to_string() }
        }
        CertificateError::Sct(reason) => KeylessFault::Sct { reason: excerpt(&reason) },
        other => KeylessFault::Certificate { reason: excerpt(&other.to_string()) },
    }
}

fn log(error: TransparencyLogError) -> KeylessFault {
    match error {
        TransparencyLogError::UnknownLog { log_id } => KeylessFault::UnknownLog { log: excerpt(&log_id) },
        TransparencyLogError::InclusionProof(reason) => KeylessFault::Proof { reason: excerpt(&reason) },
        TransparencyLogError::Checkpoint(reason) => KeylessFault::Checkpoint { reason: excerpt(&reason) },
        TransparencyLogError::InclusionPromise(reason) => KeylessFault::Promise { reason: excerpt(&reason) },
        TransparencyLogError::EntryMismatch(reason) => KeylessFault::OtherEntry { reason: excerpt(&reason) },
        TransparencyLogError::IntegratedTime(reason) => KeylessFault::Time { reason: excerpt(&reason) },
        other => KeylessFault::EntryMalformed { reason: excerpt(&other.to_string()) },
    }
}

fn timestamp(error: TimestampError) -> KeylessFault {
    match error {
        TimestampError::OutsideAuthorityValidity { time } => {
            KeylessFault::TimestampTime { time: time.to_string() }
        }
        TimestampError::NoVerifiedTimestamp(_) => KeylessFault::NoTimestamp,
        other => KeylessFault::Timestamp { reason: excerpt(&other.to_string()) },
    }
}
