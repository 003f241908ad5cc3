//! What a log entry has to bring along before its cryptography is looked at.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use sigstore_verify::crypto::{Checkpoint, VerificationKey};
use sigstore_verify::trust_root::TransparencyLog;
use sigstore_verify::types::bundle::InclusionProof;
use sigstore_verify::types::{Bundle, KindVersion, MediaType, TransparencyLogEntry};

use super::fault::KeylessFault;
use crate::trust::keys::encoding::{excerpt, to_hex};
use crate::trust::sigstore::trusted_root::TrustedRoot;

const ENTRY_LIMIT: usize = 8;
/// What stands between a log's name and the number of its tree.
const TREE: &str = " - ";

/// The outside of an entry's body.
// See: sigstore/rekor pkg/generated/models, ProposedEntry
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    api_version: String,
    kind: String,
    #[serde(rename = "spec")]
    _spec: IgnoredAny,
}

/// Checks all entries of a signature; there is at least one.
pub(crate) fn check_all(bundle: &Bundle, root: &TrustedRoot) -> Result<(), KeylessFault> {
    let entries = &bundle.verification_material.tlog_entries;
    if entries.is_empty() || entries.len() > ENTRY_LIMIT {
        return Err(KeylessFault::Entries { found: entries.len() });
    }
    let mut seen = BTreeSet::new();
    for entry in entries {
        let (log, index) = (log_id(entry), entry.log_index.get());
        if !seen.insert((log.clone(), index)) {
            return Err(KeylessFault::EntryTwice { log, index });
        }
        check(entry, root)?;
        // At first there was only the promise.
        if entry.inclusion_proof.is_none() && (is_v2(entry) || bundle.media_type() != MediaType::Bundle0_1) {
            return Err(KeylessFault::NoProof);
        }
    }
    Ok(())
}

/// Refuses entries that repeat size, root or index otherwise than their checkpoint and they themselves have them.
pub(crate) fn check_repetitions(bundle: &Bundle) -> Result<(), KeylessFault> {
    for entry in &bundle.verification_material.tlog_entries {
        let Some(proof) = &entry.inclusion_proof else { continue };
        check_tree(proof.checkpoint.checkpoint().ok_or(KeylessFault::NoCheckpoint)?, proof)?;
        if is_v2(entry) && proof.log_index != entry.log_index {
            return Err(KeylessFault::Proof { reason: "its index is not the entry's".to_owned() });
        }
    }
    Ok(())
}

fn check(entry: &TransparencyLogEntry, root: &TrustedRoot) -> Result<(), KeylessFault> {
    let log = root.log(&entry.log_id).ok_or_else(|| KeylessFault::UnknownLog { log: log_id(entry) })?;
    check_body(entry)?;
    check_time(entry)?;
    match &entry.inclusion_proof {
        Some(proof) => check_checkpoint(entry, proof, log),
        None => Ok(()),
    }
}

fn check_body(entry: &TransparencyLogEntry) -> Result<(), KeylessFault> {
    let body: Body = serde_json::from_slice(entry.canonicalized_body.as_bytes())
        .map_err(|error| KeylessFault::EntryMalformed { reason: excerpt(&error.to_string()) })?;
    let expected = format!("{} {}", entry.kind_version.kind(), entry.kind_version.version());
    let found = format!("{} {}", body.kind, body.api_version);
    if found != expected {
        return Err(KeylessFault::EntryKind { expected, found: excerpt(&found) });
    }
    Ok(())
}

/// Refuses a time that nothing proves: on v1 the promise does, on v2 a timestamp outside of the entry.
fn check_time(entry: &TransparencyLogEntry) -> Result<(), KeylessFault> {
    match (is_v2(entry), &entry.inclusion_promise, entry.integrated_time) {
        (true, None, None) | (false, Some(_), Some(_)) => Ok(()),
        (true, Some(_), _) => Err(KeylessFault::NotOfV2 { field: "inclusionPromise" }),
        (true, None, Some(_)) => Err(KeylessFault::NotOfV2 { field: "integratedTime" }),
        (false, None, _) => Err(KeylessFault::NoPromise),
        (false, Some(_), None) => Err(KeylessFault::NoTime),
    }
}

fn check_checkpoint(
    entry: &TransparencyLogEntry,
    proof: &InclusionProof,
    log: &TransparencyLog,
) -> Result<(), KeylessFault> {
    let checkpoint = proof.checkpoint.checkpoint().ok_or(KeylessFault::NoCheckpoint)?;
    let name = if is_v2(entry) {
        name_v2(checkpoint, log)?
    } else {
        check_tree(checkpoint, proof)?;
        name_v1(checkpoint)?
    };
    if !is_signed_by(checkpoint, &name, log) {
        let log = to_hex(log.log_id.key_id.as_bytes());
        return Err(KeylessFault::CheckpointSignature { log, name: excerpt(&name) });
    }
    Ok(())
}

/// Refuses a checkpoint over another tree than the one that the proof is in.
fn check_tree(checkpoint: &Checkpoint, proof: &InclusionProof) -> Result<(), KeylessFault> {
    let (expected, found) = (proof.tree_size, checkpoint.tree_size());
    if found != expected {
        return Err(KeylessFault::CheckpointSize { expected, found });
    }
    let (expected, found) = (proof.root_hash.to_hex(), checkpoint.root_hash().to_hex());
    if found == expected { Ok(()) } else { Err(KeylessFault::CheckpointRoot { expected, found }) }
}

/// Returns the name in the first line, which is `name - tree`.
// See: sigstore/rekor pkg/util/checkpoint.go
fn name_v1(checkpoint: &Checkpoint) -> Result<String, KeylessFault> {
    let is_number = |tree: &str| !tree.is_empty() && tree.bytes().all(|letter| letter.is_ascii_digit());
    match checkpoint.origin().rsplit_once(TREE) {
        Some((name, tree)) if is_number(tree) => Ok(name.to_owned()),
        _ => Err(origin("<name> - <tree>", checkpoint)),
    }
}

/// Returns the name in the first line, which is the log's address without its scheme.
// See: sigstore/rekor-tiles CLIENTS.md, "Verifying checkpoints"
fn name_v2(checkpoint: &Checkpoint, log: &TransparencyLog) -> Result<String, KeylessFault> {
    let address = log.base_url.split_once("://").map_or(log.base_url.as_str(), |(_, address)| address);
    let name = address.trim_end_matches('/');
    if checkpoint.origin() == name { Ok(name.to_owned()) } else { Err(origin(name, checkpoint)) }
}

fn origin(expected: &str, checkpoint: &Checkpoint) -> KeylessFault {
    KeylessFault::CheckpointOrigin { expected: excerpt(expected), found: excerpt(checkpoint.origin()) }
}

/// Tells whether one of the signatures is by the log, in its name. Others are witnesses'.
fn is_signed_by(checkpoint: &Checkpoint, name: &str, log: &TransparencyLog) -> bool {
    let Ok(key) = VerificationKey::from_spki(&log.public_key.raw_bytes) else { return false };
    let id = log.log_id.key_id.as_bytes();
    let mut named = checkpoint
        .signatures()
        .iter()
        .filter(|signature| signature.name == name && id.starts_with(signature.key_id.as_slice()));
    named.any(|signature| key.verify(checkpoint.signed_data(), &signature.signature).is_ok())
}

/// Returns the identity of an entry's log in hexadecimal, as Rekor's own addresses and legacy signatures write it.
pub(super) fn log_id(entry: &TransparencyLogEntry) -> String {
    to_hex(entry.log_id.key_id.as_bytes())
}

/// Returns whether an entry is of Rekor v2, which has one kind of entry.
pub(super) fn is_v2(entry: &TransparencyLogEntry) -> bool {
    entry.kind_version == KindVersion::HashedRekordV002
}
