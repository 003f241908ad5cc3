//! Applies an item's policy to what was found beside it.

use super::error::EntryError;
use crate::archive::{Archive, Entry, Role};
use crate::digest::Digest;
use crate::lock::LockedSignature;
use crate::reference::ImageRef;
use crate::resolve::{MAX_EVIDENCE_BYTES, Resolved};
use crate::spec::{DenyList, Item, Policy};
use crate::trust::{
    self, Evidence, Provenance, PublicKey, Requirement, SignatureSeen, Signer, Stored, Verified,
};

/// Refuses what is on the deny list, whoever signed it.
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

/// Judges an item by what its registry holds.
pub(super) fn judge(resolved: &Resolved) -> Result<Verified<Provenance>, EntryError> {
    let stored = |found: &crate::resolve::Evidence| Stored {
        manifest: found.manifest.bytes.to_vec(),
        blobs: found.blobs.iter().map(|(digest, bytes)| (*digest, bytes.to_vec())).collect(),
    };
    let subject = resolved.top.descriptor.digest;
    let (tagged, referring): (Vec<_>, Vec<_>) =
        resolved.evidence.iter().partition(|found| found.tag.is_some());
    let signature_tag =
        tagged.into_iter().find(|found| found.tag.as_deref().is_some_and(is_signature_tag)).map(stored);
    let evidence = Evidence { signature_tag, referrers: referring.into_iter().map(stored).collect() };
    apply(&resolved.item, subject, &evidence)
}

/// Judges an item again by what a bundle carries.
pub(super) fn judge_again(
    archive: &Archive,
    item: &Item,
    subject: Digest,
) -> Result<Verified<Provenance>, EntryError> {
    let entries = archive.entries().iter().filter(|entry| entry.repository == item.reference.name());
    let mut evidence = Evidence::default();
    for entry in entries {
        let Some(manifest) = archive.manifest(&entry.descriptor.digest) else { continue };
        let about = manifest.document.subject.as_ref().is_some_and(|named| named.digest == subject);
        if is_signature_of(entry, subject) {
            evidence.signature_tag = Some(stored(archive, entry));
        } else if entry.role == Role::Referrer && about {
            evidence.referrers.push(stored(archive, entry));
        }
    }
    apply(item, subject, &evidence)
}

fn is_signature_tag(tag: &str) -> bool {
    tag.ends_with(".sig")
}

fn is_signature_of(entry: &Entry, subject: Digest) -> bool {
    entry.role == Role::Signature && entry.tag.as_deref() == Some(&format!("sha256-{}.sig", subject.hex()))
}

fn stored(archive: &Archive, entry: &Entry) -> Stored {
    let Some(manifest) = archive.manifest(&entry.descriptor.digest) else { return Stored::default() };
    let blobs = manifest.document.blobs().filter_map(|blob| {
        Some((blob.digest, archive.blob(&blob.digest, MAX_EVIDENCE_BYTES).ok()?.to_vec()))
    });
    Stored { blobs: blobs.collect(), manifest: manifest.bytes.to_vec() }
}

fn apply(item: &Item, subject: Digest, evidence: &Evidence) -> Result<Verified<Provenance>, EntryError> {
    let reference = || item.reference.to_string();
    match &item.policy {
        Policy::Unsigned { reason } => Ok(trust::accept_unsigned(subject, reason)),
        Policy::Key { pem } => {
            let keys: Result<Vec<_>, _> = pem.iter().map(|pem| PublicKey::from_pem(pem)).collect();
            let keys = keys.map_err(|source| EntryError::Key { reference: reference(), source })?;
            trust::verify_image(subject, evidence, &Requirement::any_key(&keys), None)
                .map_err(|source| EntryError::Trust { reference: reference(), source })
        }
    }
}

/// Returns a verdict as the lock records it.
pub(super) fn locked(provenance: &Provenance) -> LockedSignature {
    match provenance.signature.clone() {
        SignatureSeen::Unsigned { reason } => LockedSignature::Unsigned { reason },
        SignatureSeen::SigstoreBundle { signer } => LockedSignature::SigstoreBundle { key: name(signer) },
        SignatureSeen::SimpleSigning { signer } => LockedSignature::SimpleSigning { key: name(signer) },
    }
}

/// No policy asks for a certificate yet, so only keys are seen here.
fn name(signer: Signer) -> String {
    match signer {
        Signer::Key(key) => key,
        Signer::Certificate(certificate) => certificate.identity,
    }
}
