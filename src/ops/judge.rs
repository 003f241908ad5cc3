//! Applies an item's policy to what was found beside it.

use super::error::EntryError;
use crate::archive::{Archive, Entry, Role};
use crate::digest::Digest;
use crate::fetch::checksum_of;
use crate::oci::Evidence;
use crate::reference::ImageRef;
use crate::resolve::{MAX_EVIDENCE_BYTES, Resolved};
use crate::spec::{DenyList, FileSpec, Item};
use crate::trust::{self, Judged, TrustedRoot, Verified};

/// Refuses what is on the deny list, signed or not.
pub(super) fn refuse_denied(
    deny: &DenyList,
    reference: &ImageRef,
    digests: &[Digest],
) -> Result<(), EntryError> {
    let denied = deny.refuses(reference, digests).map(|entry| EntryError::Denied {
        reference: reference.to_string(),
        reason: entry.reason.clone(),
        source_of: entry.source.clone(),
    });
    denied.map_or(Ok(()), Err)
}

/// Checks that a list of upstream's has this digest for a file.
pub(super) fn check_listed(file: &FileSpec, list: &[u8], found: Digest) -> Result<(), EntryError> {
    let name = file.name.clone();
    let refused = |source| EntryError::Checksums { name: name.clone(), source };
    let expected = checksum_of(list, file.upstream_name()).map_err(refused)?;
    if expected == found { Ok(()) } else { Err(EntryError::Checksum { name, expected, found }) }
}

/// Judges an item by what its registry holds.
pub(super) fn judge(
    resolved: Resolved,
    root: &TrustedRoot,
) -> Result<Verified<Judged<Resolved>>, EntryError> {
    let reference = resolved.item.reference.clone();
    trust::judge(resolved, root).map_err(|error| EntryError::policy(&reference, error))
}

/// Judges an item by what a bundle carries.
pub(super) fn judge_carried(
    archive: &Archive,
    item: &Item,
    subject: Digest,
    root: &TrustedRoot,
) -> Result<Verified<Judged<Digest>>, EntryError> {
    let evidence = evidence_of(archive, &item.reference.name(), subject);
    let judged = trust::judge_carried(subject, &item.policy, &evidence, root);
    judged.map_err(|error| EntryError::policy(&item.reference, error))
}

/// Returns the evidence that a bundle carries for a manifest.
pub(super) fn evidence_of(archive: &Archive, repository: &str, subject: Digest) -> Vec<Evidence> {
    let entries = archive.entries().iter().filter(|entry| entry.repository == repository);
    entries.filter_map(|entry| evidence(archive, entry, subject)).collect()
}

fn evidence(archive: &Archive, entry: &Entry, subject: Digest) -> Option<Evidence> {
    let manifest = archive.manifest(&entry.descriptor.digest)?;
    let about = manifest.document.subject.as_ref().is_some_and(|named| named.digest == subject);
    let is_tagged = entry.role == Role::Signature;
    if !(is_tagged || entry.role == Role::Referrer && about) {
        return None;
    }
    let blobs = manifest
        .document
        .blobs()
        .filter_map(|blob| Some((blob.digest, archive.blob(&blob.digest, MAX_EVIDENCE_BYTES).ok()?)));
    let tag = entry.tag.clone().filter(|_| is_tagged);
    Some(Evidence { tag, blobs: blobs.collect(), manifest: manifest.clone() })
}
