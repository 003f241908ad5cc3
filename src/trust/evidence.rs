//! What a registry holds beside an image, as bytes, before anything of it is believed.
//!
//! It comes from whoever may write to the repository. So every size and count is bounded, and every blob is hashed again
//! and compared with the manifest that names it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::encoding::excerpt;
use super::fault::Fault;
use crate::digest::Digest;

/// The media type of a layer that holds a simple-signing payload.
pub(super) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The media type of a layer that holds an attestation in cosign's older form.
// See: cosign specs/ATTESTATION_SPEC.md
pub(super) const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// What the media types of Sigstore bundles start with, whatever their version.
const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// A manifest has a few kilobytes; registries refuse more than this.
const MANIFEST_LIMIT: usize = 4 * 1024 * 1024;
/// A payload has a few hundred bytes.
const PAYLOAD_LIMIT: u64 = 64 * 1024;
/// The bundle of a signature has ten kilobytes; only attestations of other kinds are larger.
const BUNDLE_LIMIT: u64 = 1024 * 1024;

/// Everything that was found for one image, by any of the ways that signatures are stored.
///
/// A way that was asked and answered "there is nothing" adds nothing. A way that could not be asked is an error before this.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The manifest at the tag `sha256-<hex>.sig`.
    // See: cosign specs/SIGNATURE_SPEC.md, "Tag-based discovery"
    pub signature_tag: Option<Stored>,
    /// The manifest at the tag `sha256-<hex>.att`.
    // See: cosign specs/ATTESTATION_SPEC.md
    pub attestation_tag: Option<Stored>,
    /// The manifests that name the image as their subject, by the referrers API or by the tag `sha256-<hex>`.
    // See: OCI distribution-spec, "Listing Referrers"
    pub referrers: Vec<Stored>,
}

/// A manifest, and those of its blobs that [`blobs_to_read`] names.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// The manifest's bytes, as they came.
    pub manifest: Vec<u8>,
    /// The blobs' bytes.
    pub blobs: BTreeMap<Digest, Vec<u8>>,
}

/// A blob that has to be fetched before a signature can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedBlob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes, as the manifest says.
    pub size: u64,
}

/// Returns the blobs of a signature's manifest, or of a referrer's, that are needed to judge it.
///
/// Blobs that are too large to be a signature are left out; judging says what that means.
///
/// # Errors
///
/// [`Fault`] where the manifest is too large, is not a manifest, or names a blob by something else than a digest.
pub fn blobs_to_read(manifest: &[u8]) -> Result<Vec<WantedBlob>, Fault> {
    let layers = Manifest::parse(manifest)?.layers;
    let wanted = |layer: &&Layer| {
        layer.media_type == SIMPLE_SIGNING && layer.size <= PAYLOAD_LIMIT
            || (layer.is_sigstore_bundle() || layer.media_type == ENVELOPE) && layer.size <= BUNDLE_LIMIT
    };
    let blob = |layer: &Layer| Ok(WantedBlob { digest: layer.digest()?, size: layer.size });
    layers.iter().filter(wanted).map(blob).collect()
}

/// The parts of an image manifest that signatures use.
// See: OCI image-spec manifest.md
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    #[serde(default)]
    pub artifact_type: Option<String>,
    #[serde(default)]
    pub layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Layer {
    pub media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

impl Manifest {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > MANIFEST_LIMIT {
            let limit = MANIFEST_LIMIT as u64;
            return Err(Fault::TooLarge { what: "manifest", limit, found: bytes.len() as u64 });
        }
        from_json("manifest", bytes)
    }
}

impl Layer {
    pub(super) fn is_sigstore_bundle(&self) -> bool {
        self.media_type.starts_with(SIGSTORE_BUNDLE)
    }

    /// Tells whether the layer is larger than the bundle of a signature ever is.
    pub(super) fn is_too_large_for_a_signature(&self) -> bool {
        self.size > BUNDLE_LIMIT
    }

    fn digest(&self) -> Result<Digest, Fault> {
        self.digest.parse().map_err(|_| Fault::NotADigest { found: excerpt(&self.digest) })
    }
}

impl Stored {
    /// Returns the payload of a simple-signing layer, hashed again.
    pub(super) fn payload(&self, layer: &Layer) -> Result<&[u8], Fault> {
        if layer.size > PAYLOAD_LIMIT {
            return Err(Fault::TooLarge { what: "payload", limit: PAYLOAD_LIMIT, found: layer.size });
        }
        self.blob(layer)
    }

    /// Returns the blob of a layer, hashed again.
    pub(super) fn blob(&self, layer: &Layer) -> Result<&[u8], Fault> {
        let expected = layer.digest()?;
        let blob = self.blobs.get(&expected).ok_or(Fault::MissingBlob { digest: expected })?;
        let found = Digest::of(blob);
        if found != expected {
            return Err(Fault::OtherBlob { expected, found });
        }
        if blob.len() as u64 != layer.size {
            return Err(Fault::OtherSize {
                digest: expected,
                expected: layer.size,
                found: blob.len() as u64,
            });
        }
        Ok(blob)
    }
}

/// Reads JSON that a stranger wrote; `what` names it in the error.
pub(super) fn from_json<'de, T: Deserialize<'de>>(what: &'static str, bytes: &'de [u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes)
        .map_err(|error| Fault::Malformed { what, reason: excerpt(&error.to_string()) })
}
