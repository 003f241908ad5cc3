//! Applies an item's policy to what was found beside it.

use super::error::EntryError;
use crate::archive::{Archive, Entry, Role};
use crate::digest::Digest;
use crate::lock::{AttestationSeen, SignatureSeen};
use crate::oci::Evidence;
use crate::reference::ImageRef;
use crate::resolve::{MAX_EVIDENCE_BYTES, Resolved};
use crate::spec::{DenyList, Item, Signed, Signers};
use crate::trust::{self, Provenance, PublicKey, PublicKeyError, Requirement, TrustedRoot, Verified};

/// What was found to prove an item, as its policy asks.
#[derive(Debug)]
pub(super) struct Judged {
    signed: Verified<Provenance>,
    attested: Vec<(String, Verified<Provenance>)>,
}

impl Judged {
    /// Returns the signatures, as the lock records them.
    pub(super) fn signatures(&self) -> Vec<SignatureSeen> {
        self.signed.signatures()
    }

    /// Returns the attestations, as the lock records them.
    pub(super) fn attestations(&self) -> Vec<AttestationSeen> {
        let attested = self.attested.iter().flat_map(|(predicate_type, proof)| {
            let signatures = proof.signatures().into_iter();
            signatures.map(|signature| AttestationSeen { predicate_type: predicate_type.clone(), signature })
        });
        attested.collect()
    }
}

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

/// Judges an item by the evidence that its registry holds.
pub(super) fn judge(resolved: &Resolved, root: &TrustedRoot) -> Result<Judged, EntryError> {
    apply(&resolved.item, resolved.top.descriptor.digest, &resolved.evidence, root)
}

/// Judges an item again by what a bundle carries.
pub(super) fn judge_again(
    archive: &Archive,
    item: &Item,
    subject: Digest,
    root: &TrustedRoot,
) -> Result<Judged, EntryError> {
    apply(item, subject, &evidence_of(archive, &item.reference.name(), subject), root)
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

fn apply(
    item: &Item,
    subject: Digest,
    evidence: &[Evidence],
    root: &TrustedRoot,
) -> Result<Judged, EntryError> {
    let reference = || item.reference.to_string();
    let refused = |source| EntryError::Trust { reference: reference(), source };
    let demanded = |signers: &Signers| {
        requirement(signers).map_err(|source| EntryError::Key { reference: reference(), source })
    };
    let signed = match &item.policy.signed {
        Signed::Unsigned { reason } => trust::accept_unsigned(subject, reason),
        Signed::By(signers) => {
            trust::verify_image(subject, evidence, &demanded(signers)?, Some(root)).map_err(refused)?
        }
    };
    let mut attested = Vec::new();
    for wanted in &item.policy.attestations {
        let (kind, by) = (&wanted.predicate_type, demanded(&wanted.by)?);
        let proof = trust::verify_attestation(subject, evidence, kind, &by, Some(root)).map_err(refused)?;
        attested.push((kind.clone(), proof));
    }
    Ok(Judged { signed, attested })
}

/// Returns what a policy demands, with its keys read.
fn requirement(signers: &Signers) -> Result<Requirement, PublicKeyError> {
    let all = |signers: &[Signers]| signers.iter().map(requirement).collect::<Result<Vec<_>, _>>();
    Ok(match signers {
        Signers::Key(pem) => Requirement::Key(PublicKey::from_pem(pem)?),
        Signers::Keyless(identity) => Requirement::Identity(identity.clone()),
        Signers::AllOf(signers) => Requirement::AllOf(all(signers)?),
        Signers::AnyOf(signers) => Requirement::AnyOf(all(signers)?),
    })
}
