//! A transparency log, in Rekor's two versions: what it takes in and what it answers.
// See: sigstore/rekor pkg/api/entries.go; sigstore/rekor-tiles pkg/note/note.go; C2SP tlog-checkpoint and signed-note

use serde_json::{Value, json};

use super::encoding::{base64, canonical, hex};
use super::key::{Key, Kind, sha256};
use super::merkle;

/// Who runs a log.
#[derive(Debug, Clone)]
pub struct Log {
    /// The host, under which it signs.
    pub host: String,
    /// The first line of its checkpoints.
    pub origin: String,
    /// The key.
    pub key: Key,
}

impl Log {
    /// Returns the identifier of the log.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        match self.key.kind() {
            // See: C2SP signed-note, "Signature types"
            Kind::Ed25519 => sha256(&[self.host.as_bytes(), b"\n\x01", &self.key.public()].concat()),
            _ => self.key.id(),
        }
    }
}

/// How a log takes an entry in.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The log.
    pub log: Log,
    /// The kind of the entry and its version.
    pub kind: (String, String),
    /// The entry.
    pub body: Vec<u8>,
    /// When it was taken in; Rekor's second version does not say.
    pub integrated_time: Option<u64>,
    /// Its number over all the log's trees.
    pub index: u64,
    /// Which log it says it is.
    pub log_id: [u8; 32],
    /// The hashes of all entries in the tree.
    pub leaves: Vec<[u8; 32]>,
    /// Where in the tree the entry is.
    pub position: usize,
    /// Who signs the checkpoint: a name, the beginning of the key's identifier, the key.
    pub witness: Log,
}

/// What a log answers.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The kind of the entry and its version.
    pub kind: (String, String),
    /// The entry.
    pub body: Vec<u8>,
    /// When it was taken in.
    pub integrated_time: Option<u64>,
    /// Its number over all the log's trees.
    pub index: u64,
    /// Which log it says it is.
    pub log_id: [u8; 32],
    /// The signed entry timestamp (SET).
    pub promise: Option<Vec<u8>>,
    /// The inclusion proof.
    pub proof: Option<Proof>,
}

/// That an entry is in a tree.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Where in the tree.
    pub position: u64,
    /// How many entries the tree has.
    pub size: u64,
    /// The root.
    pub root: [u8; 32],
    /// The path to the root.
    pub path: Vec<[u8; 32]>,
    /// The signed root.
    pub checkpoint: String,
}

impl Admission {
    /// Puts an entry into a tree between others.
    #[must_use]
    pub fn new(log: &Log, kind: (&str, &str), body: &Value, time: Option<u64>) -> Self {
        let body = canonical(body).into_bytes();
        let position = usize::from(sha256(&body)[0]) % 11;
        let other = |number: usize| merkle::leaf(format!("entry {number} of {}", log.host).as_bytes());
        let leaves =
            (0..11).map(|number| if number == position { merkle::leaf(&body) } else { other(number) });
        // The first version counts on through the trees before.
        let before = if time.is_some() { 4_163_431 } else { 0 };
        Self {
            kind: (kind.0.to_owned(), kind.1.to_owned()),
            integrated_time: time,
            index: before + position as u64,
            log_id: log.id(),
            leaves: leaves.collect(),
            position,
            witness: log.clone(),
            log: log.clone(),
            body,
        }
    }

    /// Returns what the log answers.
    #[must_use]
    pub fn entry(&self) -> Entry {
        Entry {
            kind: self.kind.clone(),
            body: self.body.clone(),
            integrated_time: self.integrated_time,
            index: self.index,
            log_id: self.log_id,
            promise: self.integrated_time.map(|time| self.promise(time)),
            proof: Some(self.proof()),
        }
    }

    fn promise(&self, time: u64) -> Vec<u8> {
        let promised = payload(&self.body, time, &self.log_id, self.index);
        self.log.key.sign(canonical(&promised).as_bytes())
    }

    /// Returns the proof of the entry's position.
    #[must_use]
    pub fn proof(&self) -> Proof {
        let root = merkle::root(&self.leaves);
        Proof {
            position: self.position as u64,
            size: self.leaves.len() as u64,
            root,
            path: merkle::path(&self.leaves, self.position),
            checkpoint: checkpoint(&self.log.origin, self.leaves.len(), &root, &[&self.witness]),
        }
    }
}

/// Returns a signed tree head.
#[must_use]
pub fn checkpoint(origin: &str, size: usize, root: &[u8; 32], witnesses: &[&Log]) -> String {
    let text = format!("{origin}\n{size}\n{}\n", base64(root));
    let signatures = witnesses.iter().map(|witness| {
        let signature = [&witness.id()[..4], &witness.key.sign(text.as_bytes())].concat();
        format!("\u{2014} {} {}\n", witness.host, base64(signature))
    });
    let signatures: String = signatures.collect();
    format!("{text}\n{signatures}")
}

fn payload(body: &[u8], time: u64, log_id: &[u8], index: u64) -> Value {
    json!({"body": base64(body), "integratedTime": time, "logID": hex(log_id), "logIndex": index})
}

impl Entry {
    /// Returns the entry as a Sigstore bundle holds it.
    // See: sigstore/protobuf-specs protos/sigstore_rekor.proto
    #[must_use]
    pub fn in_bundle(&self) -> Value {
        let mut value = json!({
            "logIndex": self.index.to_string(),
            "logId": {"keyId": base64(self.log_id)},
            "kindVersion": {"kind": self.kind.0, "version": self.kind.1},
        });
        if let Some(time) = self.integrated_time {
            value["integratedTime"] = json!(time.to_string());
        }
        if let Some(promise) = &self.promise {
            value["inclusionPromise"] = json!({"signedEntryTimestamp": base64(promise)});
        }
        if let Some(proof) = &self.proof {
            value["inclusionProof"] = proof.in_bundle();
        }
        value["canonicalizedBody"] = json!(base64(&self.body));
        value
    }

    /// Returns the entry as the annotation of a signature tag holds it.
    // See: sigstore/cosign pkg/cosign/bundle/rekor.go
    #[must_use]
    pub fn in_annotation(&self) -> Value {
        let time = self.integrated_time.unwrap_or_default();
        json!({
            "SignedEntryTimestamp": self.promise.as_ref().map(base64),
            "Payload": payload(&self.body, time, &self.log_id, self.index),
        })
    }
}

impl Proof {
    fn in_bundle(&self) -> Value {
        json!({
            "logIndex": self.position.to_string(),
            "rootHash": base64(self.root),
            "treeSize": self.size.to_string(),
            "hashes": self.path.iter().map(base64).collect::<Vec<_>>(),
            "checkpoint": {"envelope": self.checkpoint},
        })
    }
}
