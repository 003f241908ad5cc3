//! Applies an item's policy to what was found beside it.

use super::error::EntryError;
use crate::archive::{Archive, Entry, Role};
use crate::digest::Digest;
use crate::fetch::checksum_of;
use crate::lock::{AttestationSeen, SignatureSeen};
use crate::reference::ImageRef;
use crate::resolve::{MAX_EVIDENCE_BYTES, Resolved};
use crate::spec::{DenyList, FileSpec, Item, Signed, Signers};
use crate::trust::{
    self, Evidence, Provenance, PublicKey, PublicKeyError, Requirement, Stored, TrustedRoot, Verified,
};

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

/// Checks that a list of upstream's has this digest for a file.
pub(super) fn check_listed(file: &FileSpec, list: &[u8], found: Digest) -> Result<(), EntryError> {
    let name = file.name.clone();
    let refused = |source| EntryError::Checksums { name: name.clone(), source };
    let expected = checksum_of(list, file.upstream_name()).map_err(refused)?;
    if expected == found { Ok(()) } else { Err(EntryError::Checksum { name, expected, found }) }
}

/// Judges an item by what its registry holds.
pub(super) fn judge(resolved: &Resolved, root: &TrustedRoot) -> Result<Judged, EntryError> {
    let stored = |found: &crate::resolve::Evidence| Stored {
        manifest: found.manifest.bytes.to_vec(),
        blobs: found.blobs.iter().map(|(digest, bytes)| (*digest, bytes.to_vec())).collect(),
    };
    let subject = resolved.top.descriptor.digest;
    let tagged = |suffix: &str| {
        let mut tagged = resolved.evidence.iter();
        let is_it =
            |found: &&crate::resolve::Evidence| found.tag.as_deref().is_some_and(|tag| tag.ends_with(suffix));
        tagged.find(is_it).map(stored)
    };
    let referrers = resolved.evidence.iter().filter(|found| found.tag.is_none()).map(stored).collect();
    let evidence = Evidence { signature_tag: tagged(".sig"), attestation_tag: tagged(".att"), referrers };
    apply(&resolved.item, subject, &evidence, root)
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

/// Returns what a bundle carries beside a manifest.
pub(super) fn evidence_of(archive: &Archive, repository: &str, subject: Digest) -> Evidence {
    let entries = archive.entries().iter().filter(|entry| entry.repository == repository);
    let mut evidence = Evidence::default();
    for entry in entries {
        let Some(manifest) = archive.manifest(&entry.descriptor.digest) else { continue };
        let about = manifest.document.subject.as_ref().is_some_and(|named| named.digest == subject);
        if is_tag_of(entry, subject, "sig") {
            evidence.signature_tag = Some(stored(archive, entry));
        } else if is_tag_of(entry, subject, "att") {
            evidence.attestation_tag = Some(stored(archive, entry));
        } else if entry.role == Role::Referrer && about {
            evidence.referrers.push(stored(archive, entry));
        }
    }
    evidence
}

// See: cosign specs/SIGNATURE_SPEC.md, "Tag-based Discovery"
fn is_tag_of(entry: &Entry, subject: Digest, suffix: &str) -> bool {
    let tag = format!("sha256-{}.{suffix}", subject.hex());
    entry.role == Role::Signature && entry.tag.as_deref() == Some(&tag)
}

fn stored(archive: &Archive, entry: &Entry) -> Stored {
    let Some(manifest) = archive.manifest(&entry.descriptor.digest) else { return Stored::default() };
    let blobs = manifest.document.blobs().filter_map(|blob| {
        Some((blob.digest, archive.blob(&blob.digest, MAX_EVIDENCE_BYTES).ok()?.to_vec()))
    });
    Stored { blobs: blobs.collect(), manifest: manifest.bytes.to_vec() }
}

fn apply(
    item: &Item,
    subject: Digest,
    evidence: &Evidence,
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
