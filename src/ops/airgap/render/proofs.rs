//! How nodes can tell that what they pull is genuine: who signed what the bundle carries, found by checking it.

use std::collections::BTreeMap;

use crate::archive::{Archive, Entry, Role};
use crate::lock::{LockedItem, SignatureSeen, Signer};
use crate::ops::airgap::open::BundleTrust;
use crate::ops::bundle::Documents;
use crate::ops::judge::evidence_of;
use crate::reference::ImageRef;
use crate::render::Proof;
use crate::spec::{Signed, Signers};
use crate::trust::{PublicKey, Requirement, Signatory, verify_image};

/// Returns the proof of each image, by upstream's reference.
///
/// A key is preferred to a certificate: it can be checked without anything from outside. What the bundle made itself, of
/// platforms or of parts, is signed by the bundle's key alone.
pub(super) fn proofs(
    archive: &Archive,
    documents: &Documents,
    trust: &BundleTrust,
) -> BTreeMap<ImageRef, Proof> {
    let keys: Vec<_> = operators(trust).into_iter().chain(of_policies(documents)).collect();
    let images = archive.entries().iter().filter(|entry| entry.role == Role::Image);
    let proof = |entry: &Entry| {
        let reference: ImageRef = entry.name().parse().ok()?;
        let proof = by_key(archive, entry, &keys).unwrap_or_else(|| as_locked(documents, entry, &reference));
        Some((reference, proof))
    };
    images.filter_map(proof).collect()
}

fn operators(trust: &BundleTrust) -> Vec<PublicKey> {
    let BundleTrust::Signed(signers) = trust else { return Vec::new() };
    let keys = signers.signatories().into_iter().filter_map(|signatory| match signatory {
        Signatory::Key(key) => Some(key.clone()),
        Signatory::Identity(_) => None,
    });
    keys.collect()
}

fn of_policies(documents: &Documents) -> impl Iterator<Item = PublicKey> {
    let signed = documents.spec.items().filter_map(|item| match &item.policy.signed {
        Signed::By(signers) => Some(signers),
        Signed::Unsigned { .. } => None,
    });
    signed.flat_map(keys_of).filter_map(|pem| PublicKey::from_pem(pem).ok())
}

fn keys_of(signers: &Signers) -> Vec<&str> {
    match signers {
        Signers::Key(pem) => vec![pem],
        Signers::Keyless(_) => Vec::new(),
        Signers::AllOf(all) | Signers::AnyOf(all) => all.iter().flat_map(keys_of).collect(),
    }
}

/// Returns the first key that signed the carried manifest.
fn by_key(archive: &Archive, entry: &Entry, keys: &[PublicKey]) -> Option<Proof> {
    let subject = entry.descriptor.digest;
    let evidence = evidence_of(archive, &entry.repository, subject);
    let signed =
        |key: &&PublicKey| verify_image(subject, &evidence, &Requirement::Key((*key).clone()), None).is_ok();
    keys.iter().find(signed).map(|key| Proof::Key { pem: key.to_pem() })
}

/// Returns the proof that the lock records for the image: its signer, or why it needs none.
fn as_locked(documents: &Documents, entry: &Entry, reference: &ImageRef) -> Proof {
    let unproven = |reason: &str| Proof::None { reason: reason.to_owned() };
    let mut items = documents.lock.items.iter();
    let is_it = |item: &&LockedItem| {
        item.reference.name() == reference.name() && item.reference.tag() == reference.tag()
    };
    match items.find(is_it) {
        None => unproven("none of the keys that were given signed it"),
        Some(item) if item.digest != entry.descriptor.digest => unproven(
            "it is a part of what upstream signed, and none of the keys that were given signed that part",
        ),
        Some(item) => item
            .signatures
            .iter()
            .find_map(seen)
            .unwrap_or_else(|| unproven("its signature is by a key that nodes are not given")),
    }
}

fn seen(signature: &SignatureSeen) -> Option<Proof> {
    match signature {
        SignatureSeen::Unsigned { reason } => Some(Proof::None { reason: reason.clone() }),
        _ => match signature.signer()? {
            Signer::Certificate(signer) => {
                Some(Proof::Certificate { issuer: signer.issuer.clone(), subject: signer.identity.clone() })
            }
            Signer::Key(_) => None,
        },
    }
}
