//! The layers of signatures and attestations, and their blobs.
//!
//! Anyone who may write to the repository can have stored them. So every size is bounded, and every blob is hashed again and compared
//! with the manifest that names it.

use super::fault::Fault;
use crate::digest::Digest;
use crate::oci::{Descriptor, Evidence};

/// The media type of a layer that holds a simple-signing payload.
pub(super) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The media type of a layer that holds an attestation in cosign's older form.
// See: cosign specs/ATTESTATION_SPEC.md
pub(super) const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// What the media types of Sigstore bundles start with, whatever their version.
const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// A payload has a few hundred bytes.
const PAYLOAD_LIMIT: u64 = 64 * 1024;
/// The bundle of a signature has ten kilobytes; only attestations of other kinds are larger.
const BUNDLE_LIMIT: u64 = 1024 * 1024;

/// Returns whether the layer holds a Sigstore bundle.
pub(super) fn is_sigstore_bundle(layer: &Descriptor) -> bool {
    layer.media_type.starts_with(SIGSTORE_BUNDLE)
}

/// Returns whether the layer is larger than the bundle of a signature ever is.
pub(super) fn is_too_large_for_a_signature(layer: &Descriptor) -> bool {
    layer.size > BUNDLE_LIMIT
}

/// Returns the payload of a simple-signing layer, hashed again.
pub(super) fn payload<'e>(evidence: &'e Evidence, layer: &Descriptor) -> Result<&'e [u8], Fault> {
    if layer.size > PAYLOAD_LIMIT {
        return Err(Fault::TooLarge { what: "payload", limit: PAYLOAD_LIMIT, found: layer.size });
    }
    blob(evidence, layer)
}

/// Returns the blob of a layer, hashed again.
pub(super) fn blob<'e>(evidence: &'e Evidence, layer: &Descriptor) -> Result<&'e [u8], Fault> {
    let expected = layer.digest;
    let blob = evidence.blobs.get(&expected).ok_or(Fault::MissingBlob { digest: expected })?;
    let found = Digest::of(blob);
    if found != expected {
        return Err(Fault::OtherBlob { expected, found });
    }
    let found = blob.len() as u64;
    if found != layer.size {
        return Err(Fault::OtherSize { digest: expected, expected: layer.size, found });
    }
    Ok(blob)
}
