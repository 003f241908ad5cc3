//! What cosign's signatures beside an image prove, taken together.
//!
//! Everything that was found for the image is judged, in both forms, and in the end one of three things is said of each:
//! - *signed*: one of the policy's keys signed this very image;
//! - *set aside*: it is another party's signature, an attestation, another artifact, or too new to be understood. It neither helps
//!   nor harms, for anyone may put such things beside an image, and honest people do;
//! - *bad*: it cannot be read, its blobs are not what they are called, it names a key of the policy that did not make it, or a key
//!   of the policy signed something else. Nothing honest looks like that, so the image is refused, whatever else was found: a bad
//!   signature is never passed over in favour of another one, or of the other form.
//!
//! A limit: a simple-signing layer does not name its key. If such a signature is altered so that it is still base64, it looks like
//! another party's, and is set aside; the image is then accepted only if another signature of the policy's keys is good.
//!
//! Stricter than cosign, on purpose: the predicate type, the statement's type and the payload's type are checked; there is one
//! subject; base64 has one text; a raw `r‖s` is no signature; an unreadable bundle is an error, not nothing.
//! As lenient as cosign: either half of `s`, because Go makes both. Not looked at: logs, certificates, timestamps.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Stored};
use super::fault::Fault;
use super::public_key::PublicKey;
use super::verified::Verified;
use super::{dsse, simple_signing};
use crate::digest::Digest;

/// Referrers are read one by one; nobody signs an image this often.
const REFERRER_LIMIT: usize = 1000;
/// So many of the things that were set aside are named in an error.
const NAMED: usize = 5;

/// An image has no signature that its policy asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The policy has no key.
    #[error("no public key was given to check the signature of `{subject}` against")]
    NoKeys {
        /// The image.
        subject: Digest,
    },
    /// Nothing at all was found beside the image.
    #[error("`{subject}` carries no signature")]
    Unsigned {
        /// The image.
        subject: Digest,
    },
    /// There is something beside the image, but no signature by a key of the policy.
    #[error("`{subject}` carries no signature by `{expected}`, only {found}")]
    NotByTheKeys {
        /// The image.
        subject: Digest,
        /// The names of the policy's keys.
        expected: String,
        /// What there is.
        found: String,
    },
    /// One of the signatures is bad.
    #[error("`{subject}` carries a bad signature, in the manifest `{manifest}`")]
    Bad {
        /// The image.
        subject: Digest,
        /// The manifest that holds the signature.
        manifest: Digest,
        /// What is wrong with it.
        source: Box<Fault>,
    },
    /// More referrers are listed than anybody makes.
    #[error("`{subject}` has {found} referrers, at most {REFERRER_LIMIT} are read")]
    TooManyReferrers {
        /// The image.
        subject: Digest,
        /// How many there are.
        found: usize,
    },
}

/// An image, and how it was found to be trustworthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The digest of the manifest or index.
    pub subject: Digest,
    /// The signature that was seen.
    pub signature: SignatureSeen,
}

/// The signature that was seen, as the lock records it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case")]
pub enum SignatureSeen {
    /// A Sigstore bundle, stored as a referrer.
    SigstoreBundle {
        /// Who signed.
        signer: Signer,
    },
    /// A layer of the `.sig` manifest.
    SimpleSigning {
        /// Who signed.
        signer: Signer,
    },
    /// None, and the policy says why that is accepted.
    Unsigned {
        /// The reason that the policy gives.
        reason: String,
    },
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// A public key, by its name: see [`PublicKey::hint`].
    Key(String),
}

/// What is said of one signature, where it is not bad.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// A key of the policy signed the image.
    Signed(SignatureSeen),
    /// It has nothing to do with the policy; the text says what it is.
    SetAside(String),
}

/// Checks that one of the keys signed the image, from everything that was found beside it.
///
/// Where there are several good signatures, a Sigstore bundle is named before a simple-signing layer, and then the first by the
/// key's name, whatever the order they were found in.
///
/// # Errors
///
/// [`TrustError`] where no key signed it, or where any of the evidence is bad: see the head of this module.
pub fn verify_image(
    subject: Digest,
    evidence: &Evidence,
    keys: &[PublicKey],
) -> Result<Verified<Provenance>, TrustError> {
    if keys.is_empty() {
        return Err(TrustError::NoKeys { subject });
    }
    let (mut signed, mut aside) = (BTreeSet::new(), BTreeSet::new());
    for judgement in judge_all(subject, evidence, keys)? {
        match judgement {
            Judgement::Signed(signature) => _ = signed.insert(signature),
            Judgement::SetAside(found) => _ = aside.insert(found),
        }
    }
    match signed.pop_first() {
        Some(signature) => Ok(Verified::new(Provenance { subject, signature })),
        None if aside.is_empty() => Err(TrustError::Unsigned { subject }),
        None => Err(not_by_the_keys(subject, keys, &aside)),
    }
}

/// Accepts an image that its policy leaves unsigned. It is the lock's digest alone that holds it.
#[must_use]
pub fn accept_unsigned(subject: Digest, reason: &str) -> Verified<Provenance> {
    Verified::new(Provenance { subject, signature: SignatureSeen::Unsigned { reason: reason.to_owned() } })
}

fn judge_all(subject: Digest, evidence: &Evidence, keys: &[PublicKey]) -> Result<Vec<Judgement>, TrustError> {
    let found = evidence.referrers.len();
    if found > REFERRER_LIMIT {
        return Err(TrustError::TooManyReferrers { subject, found });
    }
    let bad = |stored: &Stored| {
        let manifest = Digest::of(&stored.manifest);
        move |fault| TrustError::Bad { subject, manifest, source: Box::new(fault) }
    };
    let mut judgements = Vec::new();
    if let Some(stored) = &evidence.signature_tag {
        judgements.extend(simple_signing::judge(stored, subject, keys).map_err(bad(stored))?);
    }
    for stored in &evidence.referrers {
        judgements.push(dsse::judge(stored, subject, keys).map_err(bad(stored))?);
    }
    Ok(judgements)
}

fn not_by_the_keys(subject: Digest, keys: &[PublicKey], aside: &BTreeSet<String>) -> TrustError {
    let expected: Vec<_> = keys.iter().map(PublicKey::hint).collect();
    let named: Vec<_> = aside.iter().take(NAMED).map(String::as_str).collect();
    let more = aside.len() - named.len();
    let mut found = named.join(", ");
    if more > 0 {
        found.push_str(&format!(" and {more} more"));
    }
    TrustError::NotByTheKeys { subject, expected: expected.join("`, `"), found }
}

#[cfg(test)]
mod tests;
