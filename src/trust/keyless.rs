//! Keyless signatures: a certificate that lived for ten minutes, a log that saw the signature then, and nothing secret left.
//!
//! `sigstore-verify` does the cryptography and the larger part of the checks: the chain to the trusted root at every proven time, the
//! SCT, the inclusion proof, the log's promise (SET), the checkpoint, RFC 3161 timestamps, the signature, and that the log's entry
//! is of this very signature. What it, or cosign, leaves open is decided here, the strict way:
//!
//! - the certificate names exactly one subject: `certificates_of_another_profile_are_refused`;
//! - the issuer is the same in the old and the new extension, where both are there: same test;
//! - `codeSigning` is among the extended key usages, and the leaf is not an authority: same test;
//! - there is an SCT, and its time is within the certificate's life, give or take a minute: same test;
//! - a Rekor v1 entry without its promise is refused, even beside a timestamp: nothing vouches for its time:
//!   `log_entries_that_prove_too_little_are_refused`;
//! - the checkpoint is signed by the very log that the entry names, by its name; on Rekor v2 that name is the log's address; its
//!   size is the proof's; a Rekor v1 checkpoint (`name - tree`) proves no v2 entry, and the other way round: same test;
//! - kind and version within the entry are those that the bundle claims for it: same test;
//! - the same entry twice counts as an error, not as two: same test;
//! - a malleable signature (`s` for `n - s`) stands in no log: the entry has to hold the very same bytes: `entries_of_something_else_are_refused`.
//!
//! As lenient as cosign: `envelopeHash` of `dsse` entries is not recomputed, for it is over bytes that nobody kept; the payload,
//! its type, the signature and the certificate are all compared otherwise. The name in a Rekor v1 checkpoint is not compared with the log's
//! address: private instances sign with the name of a machine. Several timestamps are no better than one, but each must hold.
//!
//! Time is never "now", with one exception within `sigstore-verify`: what claims to be from the future is refused.
// See: sigstore/docs "Sigstore Client Spec", section 4; sigstore/protobuf-specs, sigstore_bundle.proto

mod certificate;
mod fault;
mod legacy;
mod library;
mod log_entry;

use sigstore_verify::types::{Artifact, Bundle, KindVersion, TransparencyLogEntry};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult};

use super::cosign::CertificateSigner;
use super::encoding::to_hex;
use super::trusted_root::TrustedRoot;

pub use fault::KeylessFault;
pub(super) use certificate::Leaf;
pub(super) use legacy::{LegacySignature, certificate_of};

/// Reads a bundle, after its outer shape has been checked.
pub(super) fn parse(json: &[u8]) -> Result<Bundle, KeylessFault> {
    serde_json::from_slice(json).map_err(|error| KeylessFault::bundle(&error.to_string()))
}

/// Verifies a signature by certificate, whoever the certificate is for, and returns who that is.
pub(super) fn verify<'a>(
    bundle: &Bundle,
    leaf: &Leaf,
    artifact: impl Into<Artifact<'a>>,
    root: &TrustedRoot,
) -> Result<CertificateSigner, KeylessFault> {
    leaf.check_profile()?;
    let entries = &bundle.verification_material.tlog_entries;
    log_entry::check_all(entries, root)?;
    let policy = VerificationPolicy::any_identity();
    let result = root.verifier().verify(artifact, bundle, &policy).map_err(library::fault)?;
    leaf.check_sct_time()?;
    seen(leaf, entries, &result)
}

/// Verifies a logged signature by a key.
pub(super) fn verify_by_key<'a>(
    bundle: &Bundle,
    artifact: impl Into<Artifact<'a>>,
    policy: &PublicKeyVerificationPolicy,
    root: &TrustedRoot,
) -> Result<(), KeylessFault> {
    log_entry::check_all(&bundle.verification_material.tlog_entries, root)?;
    let result = root.verifier().verify(artifact, bundle, policy).map_err(library::fault)?;
    if result.tlog_verified() { Ok(()) } else { Err(KeylessFault::Incomplete) }
}

/// Says what was verified, after a last look at whether all of it was.
fn seen(
    leaf: &Leaf,
    entries: &[TransparencyLogEntry],
    result: &VerificationResult,
) -> Result<CertificateSigner, KeylessFault> {
    let all = result.certificate_verified() && result.sct_verified() && result.tlog_verified();
    let first = entries.iter().min_by_key(|entry| (log_id(entry), entry.log_index.get()));
    let time = result.verified_timestamps().iter().min();
    let (true, Some(first), Some(time)) = (all, first, time) else {
        return Err(KeylessFault::Incomplete);
    };
    Ok(CertificateSigner {
        identity: leaf.claims().subject.clone(),
        issuer: leaf.claims().issuer.clone(),
        log_id: log_id(first),
        log_index: first.log_index.get(),
        time: time.to_string(),
    })
}

/// Returns the identity of an entry's log in hexadecimal, as Rekor's own addresses and legacy signatures write it.
fn log_id(entry: &TransparencyLogEntry) -> String {
    to_hex(entry.log_id.key_id.as_bytes())
}

/// Tells whether an entry is of Rekor v2, which has one kind of entry.
fn is_v2(entry: &TransparencyLogEntry) -> bool {
    entry.kind_version == KindVersion::HashedRekordV002
}

#[cfg(test)]
mod tests;
