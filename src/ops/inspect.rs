//! `bundle inspect`: what a bundle says of itself. Only its tables are hashed, and nothing is verified.

use std::path::Path;

use super::error::OpsError;
use crate::archive::{Role, UnverifiedArchive};
use crate::digest::Digest;
use crate::trust::{BundleSignature, Claimed, is_empty};

/// What a bundle says of itself.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct InspectReport {
    /// The digest of its index.
    pub digest: Digest,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The image platforms that the bundle carries.
    pub targets: Vec<String>,
    /// How many blobs it holds.
    pub blobs: usize,
    /// Bytes of those blobs.
    pub bytes: u64,
    /// What its slots for signatures hold.
    pub signatures: Vec<InspectedSignature>,
    /// The entries of its index.
    pub entries: Vec<InspectedEntry>,
    /// Its own files: path, and size in bytes before compression.
    pub files: Vec<(String, u64)>,
}

/// What one slot holds.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectedSignature {
    /// The slot.
    pub slot: String,
    /// Whose signature it says it is; `None` if that cannot be read.
    pub claimed: Option<Claimed>,
    /// What is wrong with it at first sight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// One entry of the index.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectedEntry {
    /// What it is for.
    pub role: Role,
    /// `repository:tag`, or `repository@digest`.
    pub name: String,
    /// The digest of its manifest or index.
    pub digest: Digest,
}

/// Reads what a bundle says of itself.
///
/// # Errors
/// When it cannot be read, or is not a bundle.
pub fn inspect(path: &Path) -> Result<InspectReport, OpsError> {
    let archive = UnverifiedArchive::open(path)?;
    let inspection = archive.inspect()?;
    let entries = inspection.entries.iter().map(|entry| InspectedEntry {
        role: entry.role,
        name: entry.name(),
        digest: entry.descriptor.digest,
    });
    let contents = &inspection.contents;
    Ok(InspectReport {
        digest: inspection.digest,
        name: contents.name.clone(),
        version: contents.version.clone(),
        targets: contents.targets.clone(),
        blobs: contents.blobs.len(),
        bytes: contents.blobs.iter().map(|(_, size)| size).sum(),
        signatures: signatures(&archive),
        entries: entries.collect(),
        files: inspection.files.iter().map(|file| (file.path.clone(), file.size)).collect(),
    })
}

fn signatures(archive: &UnverifiedArchive) -> Vec<InspectedSignature> {
    let filled = archive.slots().iter().filter(|(_, content)| !is_empty(content));
    let inspected = filled.map(|(slot, content)| {
        let read = BundleSignature::parse(content);
        let claimed = read.as_ref().ok().map(|signature| signature.claimed().clone());
        let fault = read.and_then(|signature| signature.check_digest(archive.index())).err();
        InspectedSignature { slot: slot.clone(), claimed, fault: fault.map(|fault| fault.to_string()) }
    });
    inspected.collect()
}
