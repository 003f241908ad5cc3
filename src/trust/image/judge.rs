//! Applies an item's policy to the evidence beside it.

use std::ops::Deref;

use super::cosign::{accept_unsigned, verify_attestation, verify_image};
use super::error::TrustError;
use super::provenance::Provenance;
use super::requirement::Requirement;
use crate::digest::Digest;
use crate::lock::{AttestationSeen, SignatureSeen};
use crate::oci::Evidence;
use crate::resolve::Resolved;
use crate::spec::{Policy, Signed, Signers};
use crate::trust::keys::public_key::{PublicKey, PublicKeyError};
use crate::trust::sigstore::trusted_root::TrustedRoot;
use crate::trust::verified::Verified;

/// A value, and what proves it as its policy demands.
#[derive(Debug, Clone)]
pub struct Judged<T> {
    value: T,
    signed: Verified<Provenance>,
    attested: Vec<(String, Verified<Provenance>)>,
}

/// An item does not meet its policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is not signed as the policy demands.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A key in the policy cannot be used.
    #[error(transparent)]
    Key(#[from] PublicKeyError),
}

impl<T> Judged<T> {
    /// Returns the signatures, as the lock records them.
    #[must_use]
    pub fn signatures(&self) -> Vec<SignatureSeen> {
        self.signed.signatures()
    }

    /// Returns the attestations, as the lock records them.
    #[must_use]
    pub fn attestations(&self) -> Vec<AttestationSeen> {
        let attested = self.attested.iter().flat_map(|(predicate_type, proof)| {
            let signatures = proof.signatures().into_iter();
            signatures.map(|signature| AttestationSeen { predicate_type: predicate_type.clone(), signature })
        });
        attested.collect()
    }
}

impl<T> Deref for Judged<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Judges an item by the evidence that its registry holds.
///
/// # Errors
/// [`PolicyError`] when the item is not signed as its policy demands.
pub fn judge(resolved: Resolved, root: &TrustedRoot) -> Result<Verified<Judged<Resolved>>, PolicyError> {
    let subject = resolved.top.descriptor.digest;
    let (signed, attested) = apply(subject, &resolved.item.policy, &resolved.evidence, root)?;
    Ok(Verified::new(Judged { value: resolved, signed, attested }))
}

/// Judges a manifest by the evidence that a bundle carries.
///
/// # Errors
/// [`PolicyError`] when the manifest is not signed as the policy demands.
pub fn judge_carried(
    subject: Digest,
    policy: &Policy,
    evidence: &[Evidence],
    root: &TrustedRoot,
) -> Result<Verified<Judged<Digest>>, PolicyError> {
    let (signed, attested) = apply(subject, policy, evidence, root)?;
    Ok(Verified::new(Judged { value: subject, signed, attested }))
}

type Proofs = (Verified<Provenance>, Vec<(String, Verified<Provenance>)>);

fn apply(
    subject: Digest,
    policy: &Policy,
    evidence: &[Evidence],
    root: &TrustedRoot,
) -> Result<Proofs, PolicyError> {
    let signed = match &policy.signed {
        Signed::Unsigned { reason } => accept_unsigned(subject, reason),
        Signed::By(signers) => verify_image(subject, evidence, &requirement(signers)?, Some(root))?,
    };
    let mut attested = Vec::new();
    for wanted in &policy.attestations {
        let (kind, by) = (&wanted.predicate_type, requirement(&wanted.by)?);
        attested.push((kind.clone(), verify_attestation(subject, evidence, kind, &by, Some(root))?));
    }
    Ok((signed, attested))
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
