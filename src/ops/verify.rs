//! `bundle verify`: the signatures, every byte, and every upstream signature again, all offline.

mod files;
mod items;

use std::path::Path;

use super::error::{EntryError, OpsError};
use super::judge::refuse_denied;
use crate::archive::{Archive, Entry, UnverifiedArchive, Vouched};
use crate::digest::Digest;
use crate::lock::{AttestationSeen, LockedCompose, SignatureSeen, Signer};
use crate::report::Reporter;
use crate::spec::DenyList;
use crate::trust::{BundleSigners, Claimed, SetAside, TrustedRoot};
pub(super) use items::Documents;

/// Whom the operator trusts, and what is refused whoever vouches for it.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Who must have signed the bundle.
    pub bundle: BundleTrust,
    /// What keyless signatures are checked against.
    pub root: TrustedRoot,
    /// What no bundle may hold.
    pub deny: DenyList,
}

/// Who must have signed a bundle.
#[derive(Debug, Clone)]
pub enum BundleTrust {
    /// So many of these.
    Signed(BundleSigners),
    /// Nobody: the signatures are not looked at.
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
    /// The signatures that it was accepted for; `None` where they were not looked at.
    pub signatures: Option<Vec<SignatureSeen>>,
    /// Its signatures by others, who were not asked for.
    pub others: Vec<SetAside>,
    /// Blobs that were hashed.
    pub blobs: usize,
    /// Bytes of the file.
    pub bytes: u64,
    /// What keyless signatures were checked against; `None` where nobody asks for one.
    pub trusted_root: Option<String>,
    /// How each image and artifact was verified.
    pub items: Vec<VerifiedItem>,
    /// What was made again from those, and is the same.
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

/// Opens a bundle that the operator trusts. The large blobs are not hashed yet.
///
/// # Errors
/// When it cannot be read, is not signed as demanded, is not complete, or holds what is denied.
pub fn open(path: &Path, trust: &Trust) -> Result<Archive, OpsError> {
    opened(path, trust).map(|(archive, _)| archive)
}

/// Returns the signers, too; `None` if no signature was checked, as the operator asked.
fn opened(path: &Path, trust: &Trust) -> Result<(Archive, Option<Vouched>), OpsError> {
    let unverified = UnverifiedArchive::open(path)?;
    let (archive, vouched) = match &trust.bundle {
        BundleTrust::Signed(signers) => {
            let verified = unverified.verify(signers, &trust.root)?;
            let vouched = verified.vouched().clone();
            (verified.into_archive(), Some(vouched))
        }
        BundleTrust::InsecureUnsigned => (unverified.insecure_trust_unsigned()?.into_archive(), None),
    };
    let denied =
        archive.entries().iter().filter_map(|entry| check_denied(&archive, entry, &trust.deny).err());
    let denied: Vec<_> = denied.collect();
    if denied.is_empty() { Ok((archive, vouched)) } else { Err(OpsError::Entries(denied)) }
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
    let (archive, vouched) = opened(path, trust)?;
    archive.check(reporter)?;
    let documents = Documents::of(&archive)?;
    let items = documents.check(&archive, &trust.root)?;
    let contents = archive.contents();
    let is_keyless = documents.spec.is_keyless() || vouched.as_ref().is_some_and(names_a_certificate);
    let report = VerifyReport {
        digest: archive.digest(),
        name: contents.name.clone(),
        version: contents.version.clone(),
        signatures: vouched.as_ref().map(signatures),
        others: vouched.map(|vouched| vouched.others).unwrap_or_default(),
        blobs: contents.blobs.len() + 2,
        bytes: archive.length(),
        trusted_root: is_keyless.then(|| trust.root.to_string()),
        items,
        composed: documents.lock.composed.clone(),
    };
    Ok((archive, report))
}

/// Returns the bundle's own signatures as the lock records those of an image.
fn signatures(vouched: &Vouched) -> Vec<SignatureSeen> {
    vouched.by.iter().map(|signer| SignatureSeen::SigstoreBundle { signer: signer.clone() }).collect()
}

fn names_a_certificate(vouched: &Vouched) -> bool {
    let others = vouched.others.iter().any(|other| matches!(other.by, Claimed::Certificate { .. }));
    others || vouched.by.iter().any(|signer| matches!(signer, Signer::Certificate(_)))
}
