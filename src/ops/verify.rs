//! `bundle verify`: the signature, every byte, and every upstream signature again, all offline.

mod items;

use std::path::Path;

use super::error::{EntryError, OpsError};
use super::judge::refuse_denied;
use crate::archive::{Archive, Entry, UnverifiedArchive};
use crate::digest::Digest;
use crate::lock::{AttestationSeen, SignatureSeen};
use crate::report::Reporter;
use crate::spec::DenyList;
use crate::trust::{PublicKey, TrustedRoot};
use items::Documents;

/// Whom the operator trusts, and what is refused whoever vouches for it.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Who must have signed the bundle.
    pub signers: Signers,
    /// What keyless signatures are checked against.
    pub root: TrustedRoot,
    /// What no bundle may hold.
    pub deny: DenyList,
}

/// Who must have signed a bundle.
#[derive(Debug, Clone)]
pub enum Signers {
    /// One of these keys.
    Keys(Vec<PublicKey>),
    /// Nobody: the signature is not looked at.
    InsecureUnsigned,
}

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
    /// The hint of the key that signed it.
    pub signer: Option<String>,
    /// Blobs that were hashed.
    pub blobs: usize,
    /// Bytes of the file.
    pub bytes: u64,
    /// What keyless signatures were checked against; `None` where no policy asks for one.
    pub trusted_root: Option<String>,
    /// How each image and artifact was verified.
    pub items: Vec<VerifiedItem>,
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

/// Opens a bundle that the operator trusts. The large blobs are not hashed yet.
///
/// # Errors
/// When it cannot be read, is not signed by one of the keys, is not complete, or holds what is denied.
pub fn open(path: &Path, trust: &Trust) -> Result<Archive, OpsError> {
    let unverified = UnverifiedArchive::open(path)?;
    let archive = match &trust.signers {
        Signers::Keys(keys) => unverified.verify(keys)?,
        Signers::InsecureUnsigned => unverified.insecure_trust_unsigned()?,
    };
    let denied =
        archive.entries().iter().filter_map(|entry| check_denied(&archive, entry, &trust.deny).err());
    let denied: Vec<_> = denied.collect();
    if denied.is_empty() { Ok(archive) } else { Err(OpsError::Entries(denied)) }
}

fn check_denied(archive: &Archive, entry: &Entry, deny: &DenyList) -> Result<(), EntryError> {
    let Ok(reference) = entry.name().parse() else { return Ok(()) };
    let top = archive.manifest(&entry.descriptor.digest);
    let children = top.into_iter().flat_map(|top| top.document.manifests.iter().flatten());
    let manifests = top.into_iter().chain(children.filter_map(|child| archive.manifest(&child.digest)));
    let digests = manifests.flat_map(|manifest| {
        manifest.document.blobs().map(|blob| blob.digest).chain([manifest.descriptor.digest])
    });
    refuse_denied(deny, &reference, &digests.collect::<Vec<_>>())
}

/// Verifies everything about a bundle.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn verify(
    path: &Path,
    trust: &Trust,
    reporter: &dyn Reporter,
) -> Result<(Archive, VerifyReport), OpsError> {
    let archive = open(path, trust)?;
    archive.check(reporter)?;
    let documents = Documents::of(&archive)?;
    let items = documents.check(&archive, &trust.root)?;
    let contents = archive.contents();
    let report = VerifyReport {
        digest: archive.digest(),
        name: contents.name.clone(),
        version: contents.version.clone(),
        signer: archive.signer().map(str::to_owned),
        blobs: contents.blobs.len() + 2,
        bytes: archive.length(),
        trusted_root: documents.spec.is_keyless().then(|| trust.root.to_string()),
        items,
    };
    Ok((archive, report))
}
