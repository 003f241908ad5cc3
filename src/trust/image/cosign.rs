//! What cosign's signatures beside an image prove, taken together.
//!
//! Everything that was found for the image is judged, in both forms, and the judgement on each is one of three:
//! - *signed*: one who is named by the requirement signed this very image;
//! - *set aside*: it is another party's signature, an attestation, another artifact, or too new to be understood. It neither helps
//!   nor harms, for anyone may put such things beside an image, and honest people do;
//! - *bad*: it cannot be read, its blobs are not what they are called, it names a key of the policy that did not make it, its
//!   certificate is for an identity of the policy but proves nothing, or one who is named signed something else. Nothing honest looks
//!   like that, so the image is refused, whatever else was found: a bad signature is never passed over in favour of another one, or
//!   of the other form.
//!
//! A limit: a simple-signing layer does not name its key, and a certificate that cannot be read names no signer. If such a signature
//! is altered so that it is still base64, it looks like another party's, and is set aside; the image is then accepted only if
//! another signature is good.
//!
//! Stricter than cosign, on purpose: the predicate type, the statement's type and the payload's type are checked; there is one
//! subject; base64 has one text; a raw `r‖s` is no signature; an unreadable bundle is an error, not nothing.
//! As lenient as cosign: either half of `s`, because Go makes both. Of signatures by a key, no log is looked at; of keyless ones,
//! all that the module `keyless` lists.

use super::fault::Fault;
use super::provenance::Provenance;
use super::requirement::{Keyless, Question, Requirement};
use super::{attestation_tag, dsse, simple_signing, statement};
use crate::digest::Digest;
use crate::lock::SignatureSeen;
use crate::oci::Evidence;
use crate::spec::Identity;
use crate::trust::keys::public_key::PublicKey;
use crate::trust::sigstore::signatory::Signatory;
use crate::trust::sigstore::trusted_root::TrustedRoot;
use crate::trust::verified::Verified;

use super::error::TrustError;
use super::judgement::Judgement;
use super::verdict::Verdict;

/// Referrers are read one by one; no image is signed this often.
const REFERRER_LIMIT: usize = 1000;

/// Checks that an image is signed as required, from everything that was found beside it.
///
/// The trusted root is needed if the requirement names an identity. If there are several good signatures and one of them is
/// enough, a Sigstore bundle is named before a simple-signing layer, and then the first by the signer's name, whatever the order
/// they were found in.
///
/// # Errors
///
/// [`TrustError`] where signatures are missing, or where any of the evidence is bad: see the head of this module.
pub fn verify_image(
    subject: Digest,
    evidence: &[Evidence],
    requirement: &Requirement,
    root: Option<&TrustedRoot>,
) -> Result<Verified<Provenance>, TrustError> {
    let question = question(subject, statement::SIGNATURE, requirement, root)?;
    let verdict = judge_all(&question, ("sig", simple_signing::judge), evidence)?;
    decide(verdict, &question, requirement, "signature".to_owned())
}

/// Checks that an image carries an attestation of this predicate type, signed as required: provenance, a bill of materials.
///
/// Only signer and subject of the attestation are checked, not what it says. An attestation by
/// certificate may have several subjects; the image has to be one of them.
///
/// # Errors
///
/// [`TrustError`] as for [`verify_image`].
pub fn verify_attestation(
    subject: Digest,
    evidence: &[Evidence],
    predicate_type: &str,
    requirement: &Requirement,
    root: Option<&TrustedRoot>,
) -> Result<Verified<Provenance>, TrustError> {
    let question = question(subject, predicate_type, requirement, root)?;
    let verdict = judge_all(&question, ("att", attestation_tag::judge), evidence)?;
    decide(verdict, &question, requirement, format!("attestation of type `{predicate_type}`"))
}

/// Accepts an image that its policy leaves unsigned. It is the lock's digest alone that holds it.
#[must_use]
pub fn accept_unsigned(subject: Digest, reason: &str) -> Verified<Provenance> {
    let signature = SignatureSeen::Unsigned { reason: reason.to_owned() };
    Verified::new(Provenance { subject, signature, further: Vec::new() })
}

fn question<'a>(
    subject: Digest,
    predicate_type: &'a str,
    requirement: &'a Requirement,
    root: Option<&'a TrustedRoot>,
) -> Result<Question<'a>, TrustError> {
    if requirement.is_hollow() {
        return Err(TrustError::NoSigner { subject });
    }
    if let Some(signatory) = requirement.repeated() {
        return Err(TrustError::Repeated { subject, signatory: signatory.to_string() });
    }
    let (mut keys, mut identities): (Vec<&PublicKey>, Vec<&Identity>) = Default::default();
    for signatory in requirement.signatories() {
        match signatory {
            Signatory::Key(key) => keys.push(key),
            Signatory::Identity(identity) => identities.push(identity),
        }
    }
    let keyless = match root {
        _ if identities.is_empty() => None,
        Some(root) => Some(Keyless { identities, root }),
        None => return Err(TrustError::NoTrustedRoot { subject }),
    };
    Ok(Question { subject, predicate_type, keys, keyless })
}

/// How everything behind one of cosign's tags is judged.
type JudgeTag = for<'s, 'q, 'a> fn(&'s Evidence, &'q Question<'a>) -> Result<Vec<Judgement<'a>>, Fault>;

/// Judges the manifest behind cosign's tag of this suffix, and all referrers.
// See: cosign specs/SIGNATURE_SPEC.md, "Tag-based Discovery"
fn judge_all<'a>(
    question: &Question<'a>,
    (suffix, judge): (&str, JudgeTag),
    evidence: &[Evidence],
) -> Result<Verdict<'a>, TrustError> {
    let subject = question.subject;
    let referrers = || evidence.iter().filter(|found| found.tag.is_none());
    let found = referrers().count();
    if found > REFERRER_LIMIT {
        return Err(TrustError::TooManyReferrers { subject, limit: REFERRER_LIMIT, found });
    }
    let bad = |found: &Evidence| {
        let manifest = found.manifest.descriptor.digest;
        move |fault| TrustError::Bad { subject, manifest, source: Box::new(fault) }
    };
    let mut verdict = Verdict::default();
    let tag = format!("sha256-{}.{suffix}", subject.hex());
    for tagged in evidence.iter().filter(|found| found.tag.as_ref() == Some(&tag)) {
        verdict.extend(judge(tagged, question).map_err(bad(tagged))?);
    }
    for referrer in referrers() {
        verdict.extend([dsse::judge(referrer, question).map_err(bad(referrer))?]);
    }
    Ok(verdict)
}

fn decide(
    verdict: Verdict<'_>,
    question: &Question<'_>,
    requirement: &Requirement,
    what: String,
) -> Result<Verified<Provenance>, TrustError> {
    let subject = question.subject;
    let signed: Vec<_> = verdict.signed.values().flatten().copied().collect();
    if !requirement.is_met_by(&signed) {
        return Err(verdict.missing(subject, requirement, what));
    }
    let mut needed = verdict.needed(requirement).into_iter();
    match needed.next() {
        Some(signature) => Ok(Verified::new(Provenance { subject, signature, further: needed.collect() })),
        None => Err(TrustError::Unsigned { subject, what }),
    }
}

#[cfg(test)]
mod tests;
