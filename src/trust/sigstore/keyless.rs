//! Keyless signatures: a certificate that lived for ten minutes, a log that saw the signature then, and nothing secret left.
//!
//! `sigstore-verify` does the cryptography and the larger part of the checks: the chain to the trusted root at every proven time, the
//! SCT, the inclusion proof, the log's promise (SET), the checkpoint, RFC 3161 timestamps, the signature, and that the log's entry
//! is of this very signature. What it, or cosign, leaves open is decided here, the strict way:
//!
//! - the certificate names exactly one subject, and the issuer is the same in the old and the new extension, where both are there;
//!   `codeSigning` is among the extended key usages; the leaf is not an authority: `certificates_of_another_profile_are_refused`;
//! - there is one SCT, and its time is within the certificate's life, give or take a minute: `scts_that_prove_nothing_are_refused`;
//! - a Rekor v1 entry without its promise (SET) is refused, even beside a timestamp: nothing proves its time;
//! - from bundles of version 0.2 on there is an inclusion proof; the same entry twice is an error, not two;
//! - the checkpoint is signed by the very log that the entry names, in the name that its first line has. On v1 that line is
//!   `name - tree`, on v2 the log's address: neither can stand for the other. On v1 its size and root are the proof's: for all of these,
//!   `log_entries_that_prove_too_little_are_refused`;
//! - kind and version within the entry are those that the bundle claims for it; what it holds is this very certificate, signature and
//!   content, also on v2: `entries_of_something_else_are_refused`;
//! - a malleable signature (`n - s` for `s`) stands in no log, for the entry has to hold the same bytes:
//!   `the_other_half_of_s_stands_in_no_log`;
//! - every timestamp that is there has to hold, also where the log's promise would do: `timestamps_that_prove_nothing_are_refused`.
//!
//! What is left open on purpose: `envelopeHash` of `dsse` entries is over bytes that a bundle does not keep (an `.att` layer does,
//! and there it is compared); the payload, its type, the signature and the certificate are all compared otherwise. The name in a
//! Rekor v1 checkpoint is not the log's address: private instances sign in the name of a machine. On v2, size, root and index within
//! the proof are repetitions that nothing depends on; in a bundle's own signatures they are compared, so that no byte can change.
//! Beside the log, witnesses may sign a checkpoint; they are not looked at.
//!
//! Time is never "now", with one exception within `sigstore-verify`: what claims to be from the future is refused.
//!
//! The tests are in `tests/fast/keyless`: they sign with a private Sigstore, and the real cosign judges the same signatures.
// See: sigstore/docs "Sigstore Client Spec", section 4; sigstore/protobuf-specs, sigstore_bundle.proto

pub(crate) mod certificate;
pub(crate) mod fault;
pub(crate) mod legacy;

mod library;
mod log_entry;
mod time;

pub(crate) use sigstore_verify::types::Bundle;
use sigstore_verify::types::{Artifact, DerPublicKey, TransparencyLogEntry};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult};

use super::trusted_root::TrustedRoot;
use crate::lock::CertificateSigner;
use certificate::Leaf;
use fault::KeylessFault;
use log_entry::log_id;

/// Reads a bundle, after its outer shape has been checked.
pub(crate) fn parse(json: &[u8]) -> Result<Bundle, KeylessFault> {
    serde_json::from_slice(json).map_err(|error| KeylessFault::bundle(&error.to_string()))
}

/// Verifies a signature by a certificate for any identity, and returns the signer.
pub(crate) fn verify<'a>(
    bundle: &Bundle,
    leaf: &Leaf,
    artifact: impl Into<Artifact<'a>>,
    root: &TrustedRoot,
) -> Result<CertificateSigner, KeylessFault> {
    leaf.check_profile()?;
    log_entry::check_all(bundle, root)?;
    time::check_logged(bundle, leaf)?;
    let policy = VerificationPolicy::any_identity();
    let result = root
        .verifier()
        .verify(artifact, bundle, &policy)
        .map_err(|error| time::explain(library::fault(error), bundle, leaf, root))?;
    leaf.check_sct_time()?;
    seen(leaf, &bundle.verification_material.tlog_entries, &result)
}

/// Verifies a logged signature by a key.
pub(crate) fn verify_by_key<'a>(
    bundle: &Bundle,
    artifact: impl Into<Artifact<'a>>,
    policy: &PublicKeyVerificationPolicy,
    root: &TrustedRoot,
) -> Result<(), KeylessFault> {
    log_entry::check_all(bundle, root)?;
    let result = root.verifier().verify(artifact, bundle, policy).map_err(library::fault)?;
    if result.tlog_verified() { Ok(()) } else { Err(KeylessFault::Incomplete) }
}

/// Verifies the witnesses of a signature by a key: log entries, timestamps, or both; neither is an error.
pub(crate) fn verify_witnesses(
    bundle: &Bundle,
    bytes: &[u8],
    key: &[u8],
    root: &TrustedRoot,
) -> Result<(), KeylessFault> {
    let policy = PublicKeyVerificationPolicy::new(DerPublicKey::from_bytes(key));
    if !bundle.verification_material.tlog_entries.is_empty() {
        return verify_by_key(bundle, bytes, &policy, root);
    }
    let without_log = policy.skip_tlog_unsafe();
    root.verifier().verify(bytes, bundle, &without_log).map(|_| ()).map_err(library::fault)
}

/// Checks repeated fields that no decision depends on. For signatures in which no byte may change.
pub(crate) fn check_repetitions(bundle: &Bundle) -> Result<(), KeylessFault> {
    log_entry::check_repetitions(bundle)
}

/// Tells whether the trusted root knows a log that a signature names.
pub(crate) fn is_logged_by(bundle: &Bundle, root: &TrustedRoot) -> bool {
    bundle.verification_material.tlog_entries.iter().any(|entry| root.log(&entry.log_id).is_some())
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
