//! Outputs of the commands without a cluster, out of the reports' own types, with everything that can be in them.

use clap::CommandFactory as _;
use serde_json::{Value, json};

use crate::archive::Role;
use crate::cli::report::explained::{Entry, Explained};
use crate::cli::{Cli, manual};
use crate::digest::Digest;
use crate::lock::{
    AttestationSeen, CertificateSigner, Change, LockedAddition, LockedCompose, LockedPart, SignatureSeen,
    Signer, What,
};
use crate::ops::{
    BuildReport, DiffReport, ExtractReport, Extracted, InspectReport, InspectedEntry, InspectedSignature,
    KeygenReport, LockReport, PublishReport, SignReport, SlotReport, SlotState, VerifiedItem, VerifyReport,
};
use crate::registry::push::PushReport;
use crate::report::Finding;
use crate::trust::{Claimed, SetAside};

/// Returns outputs by the section that documents them. `serve`, and `render` to a folder, are compared by an integration test.
pub(super) fn outputs() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        ("Errors", vec![json!(error())]),
        ("lock", vec![json!(lock())]),
        ("build", vec![json!(build())]),
        ("sign", vec![json!(sign())]),
        ("diff", vec![json!(DiffReport { changes: vec![change()] })]),
        ("inspect", vec![json!(inspect())]),
        ("verify", vec![json!(verify())]),
        ("extract", vec![json!(extract())]),
        ("push", vec![json!(push())]),
        ("keygen", vec![json!(keygen())]),
        ("help", vec![manual::listed(&Cli::command()), manual::PAGES[0].json()]),
        ("render", vec![json!({"objects": 1, "files": []}), json!(publish())]),
    ]
}

fn error() -> Explained {
    let hint = || Some(text());
    let entry = Entry { message: text(), causes: vec![text()], hint: hint() };
    Explained {
        code: "entries",
        message: text(),
        causes: vec![text()],
        hint: hint(),
        entries: vec![entry],
        findings: vec![Finding { hint: text(), ..Finding::error("x", "x") }],
        exit_code: 1,
    }
}

fn digest() -> Digest {
    Digest::of(b"x")
}

fn text() -> String {
    "x".to_owned()
}

fn change() -> Change {
    Change { name: text(), what: What::Digest, from: Some(text()), to: Some(text()) }
}

fn lock() -> LockReport {
    LockReport { items: 1, files: 1, changes: vec![change()], trusted_root: Some(text()), written: true }
}

fn build() -> BuildReport {
    BuildReport {
        digest: digest(),
        name: text(),
        version: text(),
        entries: 1,
        blobs: 1,
        bytes: 1,
        files: vec!["x".into()],
        signed: true,
        trusted_root: None,
    }
}

fn claims() -> [Claimed; 2] {
    [Claimed::Key(text()), Claimed::Certificate { identity: text(), issuer: text() }]
}

fn sign() -> SignReport {
    let slot = |by| SlotReport { slot: text(), by, state: SlotState::Signed };
    SignReport { digest: digest(), name: text(), version: text(), signatures: claims().map(slot).into() }
}

fn inspect() -> InspectReport {
    let signature =
        |claimed| InspectedSignature { slot: text(), claimed: Some(claimed), fault: Some(text()) };
    InspectReport {
        digest: digest(),
        name: text(),
        version: text(),
        targets: vec![text()],
        blobs: 1,
        bytes: 1,
        signatures: claims().map(signature).into(),
        entries: vec![InspectedEntry { role: Role::Image, name: text(), digest: digest() }],
        files: vec![(text(), 1)],
    }
}

fn signatures() -> Vec<SignatureSeen> {
    let certificate =
        CertificateSigner { identity: text(), issuer: text(), log_id: text(), log_index: 1, time: text() };
    vec![
        SignatureSeen::SigstoreBundle { signer: Signer::Certificate(certificate) },
        SignatureSeen::SimpleSigning { signer: Signer::Key(text()) },
        SignatureSeen::Unsigned { reason: text() },
    ]
}

/// Returns a report with everything that can be in it.
pub(super) fn verify() -> VerifyReport {
    let attestation = |signature| AttestationSeen { predicate_type: text(), signature };
    VerifyReport {
        digest: digest(),
        name: text(),
        version: text(),
        signatures: Some(signatures()),
        others: claims().map(|by| SetAside { slot: text(), by, verified: true }).into(),
        blobs: 1,
        bytes: 1,
        trusted_root: None,
        items: vec![VerifiedItem {
            reference: text(),
            digest: digest(),
            signatures: signatures(),
            attestations: signatures().into_iter().map(attestation).collect(),
        }],
        composed: vec![composed()],
    }
}

fn composed() -> LockedCompose {
    let reference = || "bundle.local/x:1".parse().unwrap();
    let part = || LockedPart { reference: reference(), digest: digest() };
    LockedCompose {
        reference: reference(),
        digest: digest(),
        base: part(),
        add: vec![LockedAddition { path: text(), artifact: part() }],
        platforms: vec![text()],
        size: 1,
    }
}

fn extract() -> ExtractReport {
    ExtractReport {
        written: vec![Extracted { name: text(), path: "x".into(), bytes: 1, title: Some(text()) }],
    }
}

/// Returns a report with everything that can be in it.
pub(super) fn push() -> PushReport {
    PushReport { present: 1, sent: 1, blobs: 1, bytes: 1, left_out: vec![text()] }
}

fn publish() -> PublishReport {
    PublishReport { reference: text(), digest: digest(), present: false }
}

fn keygen() -> KeygenReport {
    KeygenReport { private_key: "x".into(), public_key: "x".into(), hint: text() }
}
