//! Says that a signature was made while its certificate was not valid.
//!
//! The chain is verified at every proven time, so such a signature is refused anyway, but as one whose chain is not valid.

use sigstore_verify::tsa::verify_timestamp_for_authority;
use sigstore_verify::types::bundle::Rfc3161Timestamp;
use sigstore_verify::types::{Bundle, SignatureBytes, SignatureContent};

use super::certificate::Leaf;
use super::fault::KeylessFault;
use crate::trust::sigstore::trusted_root::TrustedRoot;

/// Refuses a time of the log at which the certificate was not valid. Whether the log said so is checked later.
pub(crate) fn check_logged(bundle: &Bundle, leaf: &Leaf) -> Result<(), KeylessFault> {
    let entries = &bundle.verification_material.tlog_entries;
    entries.iter().filter_map(|entry| entry.integrated_time).try_for_each(|time| leaf.check_validity(time))
}

/// Returns a better reason where the chain is not valid at the time of a timestamp.
pub(crate) fn explain(fault: KeylessFault, bundle: &Bundle, leaf: &Leaf, root: &TrustedRoot) -> KeylessFault {
    let KeylessFault::Chain { .. } = fault else { return fault };
    let timestamps = &bundle.verification_material.timestamp_verification_data.rfc3161_timestamps;
    let Some(signature) = signature(bundle) else { return fault };
    let outside = |timestamp| outside(timestamp, signature, leaf, root);
    timestamps.iter().find_map(outside).unwrap_or(fault)
}

fn outside(
    timestamp: &Rfc3161Timestamp,
    signature: &SignatureBytes,
    leaf: &Leaf,
    root: &TrustedRoot,
) -> Option<KeylessFault> {
    let token = &timestamp.signed_timestamp;
    let authorities = root.timestamp_authorities();
    let verified = |authority| verify_timestamp_for_authority(token, signature, authority).ok();
    leaf.check_validity(authorities.iter().find_map(verified)?).err()
}

fn signature(bundle: &Bundle) -> Option<&SignatureBytes> {
    match &bundle.content {
        SignatureContent::MessageSignature(message) => Some(&message.signature),
        SignatureContent::DsseEnvelope(envelope) => Some(&envelope.signature.sig),
        _ => None,
    }
}
