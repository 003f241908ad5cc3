//! What was verified.

use crate::digest::Digest;
use crate::lock::{AttestationSeen, LockedCompose, SignatureSeen};
use crate::trust::SetAside;

/// What was verified.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct VerifyReport {
    /// The bundle's identity: the digest of its index.
    pub digest: Digest,
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
    /// The signatures that it was accepted for; `None` if they were not looked at.
    pub signatures: Option<Vec<SignatureSeen>>,
    /// Its signatures by others, who were not asked for.
    pub others: Vec<SetAside>,
    /// Blobs that were hashed.
    pub blobs: usize,
    /// Bytes of the file.
    pub bytes: u64,
    /// What keyless signatures were checked against; `None` if no policy needs one.
    pub trusted_root: Option<String>,
    /// How each image and artifact was verified.
    pub items: Vec<VerifiedItem>,
    /// The images that were composed again from those, with the same result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub composed: Vec<LockedCompose>,
}

/// How one image or artifact was verified.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedItem {
    /// Upstream's reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The digest as upstream publishes it.
    pub digest: Digest,
    /// The signatures that it was accepted for.
    pub signatures: Vec<SignatureSeen>,
    /// The attestations that its policy demands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<AttestationSeen>,
}
