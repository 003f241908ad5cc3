//! What can be wrong with a log entry.

use serde_json::{Value, json};

use bundle_testing::internet::sigstore::encoding::base64;
use bundle_testing::internet::sigstore::log::{Admission, Entry, checkpoint};
use bundle_testing::internet::sigstore::{Forge, Sigstore};

use super::{Row, bundles, check, put, version_1};

const PROMISE: &str = "the log entry's promise (SET) is wrong: SET verification failed: Verification error: \
             ECDSA_P256_SHA256 signature invalid";
const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

fn admitted(change: impl Fn(&mut Admission) + Send + Sync + 'static) -> Forge {
    Forge::default().admission(change)
}

fn answered(change: impl Fn(&mut Entry) + Send + Sync + 'static) -> Forge {
    Forge::default().entry(change)
}

fn logged(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Forge {
    Forge::default().body(change)
}

/// Changes the entry of a bundle where it is stored.
fn stored(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Forge {
    Forge::default().stored(move |stored| _ = stored.pointer_mut(ENTRY).map(&change))
}

fn without(field: &'static str) -> Forge {
    stored(move |entry| _ = entry.as_object_mut().unwrap().remove(field))
}

#[test]
fn entries_of_something_else_are_refused() {
    let zeros = "0".repeat(64);
    let foreign = Sigstore::named("foreign");
    let other = base64(b"not a certificate");
    let pem = {
        use bundle_testing::internet::sigstore::encoding::certificate_pem;
        base64(certificate_pem(&foreign.intermediate.certificate))
    };
    let der = base64(&foreign.intermediate.certificate);
    check(vec![
        Row(
            "of another text",
            logged(move |body| {
                put(body, "/spec/data/hash/value", json!(zeros));
                put(body, "/spec/payloadHash/value", json!(zeros));
                put(body, "/spec/hashedRekordV002/data/digest", json!(base64([0; 32])));
            }),
            [
                "the signature, or its log entry, is for something else: artifact hash mismatch for \
             hashedrekord entry",
                "the log entry is not of this signature: DSSE payload hash mismatch: computed 76110f6c5c72250b0c1d338c64d486c1644863fed71bd1cc6f6c2cce4f086d5a, expected 0000000000000000000000000000000000000000000000000000000000000000",
                "the signature, or its log entry, is for something else: artifact hash mismatch for hashedrekord entry",
            ],
        ),
        Row(
            "of another signature",
            logged(|body| {
                let other = json!(base64(b"another signature"));
                put(body, "/spec/signature/content", other.clone());
                put(body, "/spec/signatures/0/signature", other.clone());
                put(body, "/spec/hashedRekordV002/signature/content", other);
            }),
            [
                "the log entry is not of this signature: signature in bundle does not match signature in \
             Rekor entry",
                "the log entry is not of this signature: DSSE signature in bundle does not match any signature in Rekor entry (signature or verifier mismatch)",
                "the log entry is not of this signature: DSSE signature in bundle does not match signature in Rekor entry",
            ],
        ),
        Row(
            "of another certificate",
            logged(move |body| {
                put(body, "/spec/signature/publicKey/content", json!(pem));
                put(body, "/spec/signatures/0/verifier", json!(pem));
                let raw = "/spec/hashedRekordV002/signature/verifier/x509Certificate/rawBytes";
                put(body, raw, json!(der));
            }),
            [
                "the log entry is not of this signature: certificate in bundle does not match certificate \
             in Rekor entry",
                "the log entry is not of this signature: DSSE signature in bundle does not match any signature in Rekor entry (signature or verifier mismatch)",
                "the log entry is not of this signature: certificate in bundle does not match certificate in Rekor entry",
            ],
        ),
        Row(
            "of no certificate",
            logged(move |body| {
                put(body, "/spec/signature/publicKey/content", json!(other));
                put(body, "/spec/signatures/0/verifier", json!(other));
            }),
            version_1(
                "the log entry cannot be read: Invalid response: failed to parse certificate PEM: Invalid \
             encoding: failed to parse PEM: malformedframing",
            ),
        ),
        Row(
            "of another kind",
            logged(|body| put(body, "/kind", json!("rekord"))),
            [
                "expected a log entry of kind `hashedrekord 0.0.1`, found `rekord 0.0.1`",
                "expected a log entry of kind `dsse 0.0.1`, found `rekord 0.0.1`",
                "expected a log entry of kind `hashedrekord 0.0.2`, found `rekord 0.0.2`",
            ],
        ),
        Row(
            "of another version",
            logged(|body| put(body, "/apiVersion", json!("0.0.9"))),
            [
                "expected a log entry of kind `hashedrekord 0.0.1`, found `hashedrekord 0.0.9`",
                "expected a log entry of kind `dsse 0.0.1`, found `dsse 0.0.9`",
                "expected a log entry of kind `hashedrekord 0.0.2`, found `hashedrekord 0.0.9`",
            ],
        ),
        Row(
            "with a field more",
            logged(|body| body["more"] = json!(1)),
            [
                "the log entry cannot be read: unknown field `more`, expected one of `apiVersion`, `kind`, `spec` at line 1 column 50",
                "the log entry cannot be read: unknown field `more`, expected one of `apiVersion`, `kind`, `spec` at line 1 column 42",
                "the log entry cannot be read: unknown field `more`, expected one of `apiVersion`, `kind`, `spec` at line 1 column 50",
            ],
        ),
        Row(
            "that is no JSON",
            admitted(|it| it.body = b"x".to_vec()),
            ["the log entry cannot be read: expected value at line 1 column 1"; 3],
        ),
        Row(
            "of version 2 that says it is of version 1",
            stored(|entry| put(entry, "/kindVersion/version", json!("0.0.1"))),
            ["-", "-", "expected a log entry of kind `hashedrekord 0.0.1`, found `hashedrekord 0.0.2`"],
        ),
        Row(
            "of version 1 that says it is of version 2",
            stored(|entry| entry["kindVersion"] = json!({"kind": "hashedrekord", "version": "0.0.2"})),
            ["-", "expected a log entry of kind `hashedrekord 0.0.2`, found `dsse 0.0.1`", "-"],
        ),
        Row(
            "of an unknown kind",
            stored(|entry| put(entry, "/kindVersion/kind", json!("alpine"))),
            [
                "-",
                "the bundle cannot be read: unsupported Rekor entry format: alpine/0.0.1 at line 1 column 2642",
                "the bundle cannot be read: unsupported Rekor entry format: alpine/0.0.2 at line 1 column 2632",
            ],
        ),
    ]);
}

#[test]
fn log_entries_that_prove_too_little_are_refused() {
    let foreign = Sigstore::named("foreign");
    let (log, witness, second) = (foreign.rekor.clone(), foreign.rekor.clone(), foreign.rekor_v2);
    let twice = |stored: &mut Value| {
        let entries = stored.pointer_mut("/verificationMaterial/tlogEntries");
        if let Some(Value::Array(entries)) = entries {
            entries.push(entries[0].clone());
        }
    };
    let none = |stored: &mut Value| {
        put(stored, "/verificationMaterial/tlogEntries", json!([]));
        put(stored, "/dev.sigstore.cosign~1bundle", json!(""));
    };
    check(vec![
        Row("none", Forge::default().stored(none), ["expected 1 to 8 log entries, found 0"; 3]),
        Row(
            "the same twice",
            Forge::default().stored(twice),
            [
                "-",
                "the entry 4163440 of the log `b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` is there twice",
                "the entry 1 of the log `482f3aeb4ca9b05a0f9f9406733855b2e1503dfc91fcc08f13f905d6f606b114` is there twice",
            ],
        ),
        Row(
            "no promise, though there is a timestamp",
            answered(|entry| entry.promise = None),
            [
                "the bundle cannot be read: invalid type: null, expected a string at line 1 column 28",
                "the log entry has no promise (SET), so nothing proves its time",
                "-",
            ],
        ),
        Row(
            "an empty promise",
            answered(|entry| entry.promise = Some(Vec::new())),
            [PROMISE, PROMISE, "expected no `inclusionPromise` in an entry of Rekor v2"],
        ),
        Row(
            "promise altered",
            answered(|entry| entry.promise.iter_mut().for_each(|promise| promise[20] ^= 1)),
            version_1(PROMISE),
        ),
        Row("promise by another log", admitted(move |it| it.log.key = log.key.clone()), version_1(PROMISE)),
        Row(
            "time moved",
            answered(|entry| entry.integrated_time.iter_mut().for_each(|time| *time += 1)),
            version_1(PROMISE),
        ),
        Row(
            "index moved",
            answered(|entry| entry.index += 1),
            [
                PROMISE,
                PROMISE,
                "the log entry's inclusion proof is wrong: inclusion proof verification failed: root hash mismatch: expected 78a16a6f054c3c0467137baac9b5624867249fce53a1d5a3a676613d66e2780b, computed b2e3634ab6351bcb35c2a58e60573bdfade8d89788b6101b67ec7eb1045125a1",
            ],
        ),
        Row(
            "no time",
            answered(|entry| entry.integrated_time = None),
            version_1("the log entry has no `integratedTime`"),
        ),
        Row(
            "a time on v2",
            answered(|entry| entry.integrated_time = Some(entry.integrated_time.unwrap_or(1_793_491_802))),
            ["-", "-", "expected no `integratedTime` in an entry of Rekor v2"],
        ),
        Row(
            "of an unknown log",
            answered(|entry| entry.log_id[0] ^= 1),
            [
                "the log `b8198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` is not in the trusted root",
                "the log `b8198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` is not in the trusted root",
                "the log `492f3aeb4ca9b05a0f9f9406733855b2e1503dfc91fcc08f13f905d6f606b114` is not in the trusted root",
            ],
        ),
        Row(
            "of an unknown log, promised",
            admitted(move |it| it.log_id = second.id()),
            ["the log `8b0260a9e4f9228cd3b69b727d8529e3c047bea74429669592a0a648b544fd5f` is not in the trusted root";
                3],
        ),
        Row(
            "no proof",
            answered(|entry| entry.proof = None),
            bundles("the log entry has no inclusion proof"),
        ),
        Row(
            "proof of another entry",
            admitted(|it| it.leaves.rotate_left(1)),
            [
                "-",
                "the log entry's inclusion proof is wrong: inclusion proof verification failed: root hash mismatch: expected b93e49fa6f3aefa51bc14dff488bd0bb896b36809de5fc2019e001a483ccba9f, computed 21adda8c8b2a8a523cb78065cce532cabf80663c03716eea6de0005bf330c993",
                "the log entry's inclusion proof is wrong: inclusion proof verification failed: root hash mismatch: expected e90ab220bd8e8f15bfbb9c1c8b7279e788f7198052509476f759f875948dcfb2, computed a3501ee785c6bac0898ef751b82ba1343c62c3d389b271a2880e168b8523dd6c",
            ],
        ),
        Row(
            "proof cut",
            answered(|entry| entry.proof.iter_mut().for_each(|proof| _ = proof.path.pop())),
            [
                "-",
                "the log entry's inclusion proof is wrong: inclusion proof verification failed: expected 3 proof hashes, got 2",
                "the log entry's inclusion proof is wrong: inclusion proof verification failed: expected 4 proof hashes, got 3",
            ],
        ),
        Row(
            "proof at another place",
            answered(|entry| entry.proof.iter_mut().for_each(|proof| proof.position ^= 1)),
            [
                "-",
                "the log entry's inclusion proof is wrong: inclusion proof verification failed: root hash mismatch: expected 940240cc001c6c4a74ec9016977fbc5672c0d4527029c48fef4cf822476851b5, computed c010e388d3c8bee22a38736f7ec39c9e8101909aa2427d0523c247aff1100a09",
                "accepted",
            ],
        ),
        Row(
            "proof beyond the tree",
            answered(|entry| entry.proof.iter_mut().for_each(|proof| proof.position = 11)),
            [
                "-",
                "the bundle cannot be read: Bundle error: log index 11 out of range for tree size 11",
                "accepted",
            ],
        ),
        Row(
            "another root than the checkpoint's",
            answered(|entry| entry.proof.iter_mut().for_each(|proof| proof.root[0] ^= 1)),
            [
                "-",
                "expected a checkpoint over the tree `950240cc001c6c4a74ec9016977fbc5672c0d4527029c48fef4cf822476851b5`, found one over `940240cc001c6c4a74ec9016977fbc5672c0d4527029c48fef4cf822476851b5`",
                "accepted",
            ],
        ),
        Row(
            "another size than the checkpoint's",
            answered(|entry| entry.proof.iter_mut().for_each(|proof| proof.size += 1)),
            ["-", "expected a checkpoint over 12 entries, found one over 11", "accepted"],
        ),
        Row(
            "no checkpoint",
            stored(|entry| put(entry, "/inclusionProof/checkpoint/envelope", json!(""))),
            bundles("the log entry's inclusion proof has no checkpoint"),
        ),
        Row(
            "checkpoint that is no checkpoint",
            stored(|entry| put(entry, "/inclusionProof/checkpoint/envelope", json!("x"))),
            [
                "-",
                "the bundle cannot be read: Invalid checkpoint format: missing blank line separator at line 1 column 3103",
                "the bundle cannot be read: Invalid checkpoint format: missing blank line separator at line 1 column 2975",
            ],
        ),
        Row(
            "checkpoint by another log",
            admitted(move |it| it.witness = witness.clone()),
            [
                "-",
                "the checkpoint is not signed by the log `b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` in the name of `rekor.sigstore.test`",
                "the checkpoint is not signed by the log `482f3aeb4ca9b05a0f9f9406733855b2e1503dfc91fcc08f13f905d6f606b114` in the name of `log2026-1.rekor.sigstore.test`",
            ],
        ),
        Row(
            "checkpoint in another name",
            admitted(|it| it.witness.host = "other.test".to_owned()),
            [
                "-",
                "the checkpoint is not signed by the log `b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` in the name of `rekor.sigstore.test`",
                "the checkpoint is not signed by the log `482f3aeb4ca9b05a0f9f9406733855b2e1503dfc91fcc08f13f905d6f606b114` in the name of `log2026-1.rekor.sigstore.test`",
            ],
        ),
        Row(
            "checkpoint of another log",
            admitted(|it| it.log.origin = "other.test - 5".to_owned()),
            [
                "-",
                "the checkpoint is not signed by the log `b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` in the name of `other.test`",
                "expected a checkpoint of `log2026-1.rekor.sigstore.test`, found one of `other.test - 5`",
            ],
        ),
        Row(
            "checkpoint without a tree",
            admitted(|it| it.log.origin = it.log.host.clone()),
            [
                "-",
                "expected a checkpoint of `<name> - <tree>`, found one of `rekor.sigstore.test`",
                "accepted",
            ],
        ),
        Row(
            "checkpoint with a tree",
            admitted(|it| it.log.origin = format!("{} - 1", it.log.host)),
            [
                "-",
                "accepted",
                "expected a checkpoint of `log2026-1.rekor.sigstore.test`, found one of `log2026-1.rekor.sigstore.test - 1`",
            ],
        ),
        Row(
            "no promise on v1",
            without("inclusionPromise"),
            ["-", "the log entry has no promise (SET), so nothing proves its time", "-"],
        ),
        Row(
            "no log",
            without("logId"),
            [
                "-",
                "the bundle cannot be read: missing field `logId` at line 1 column 8226",
                "the bundle cannot be read: missing field `logId` at line 1 column 6804",
            ],
        ),
    ]);
}

#[test]
fn an_unrelated_entry_of_version_2_is_refused() {
    // It is in the log, under a first line of version 1; only the bundle is not what it is about.
    let forge = logged(|body| put(body, "/spec/hashedRekordV002/data/digest", json!(base64([0; 32]))))
        .admission(|it| it.log.origin = format!("{} - 1", it.log.host));
    check(vec![Row(
        "unrelated",
        forge,
        [
            "-",
            "-",
            "expected a checkpoint of `log2026-1.rekor.sigstore.test`, found one of `log2026-1.rekor.sigstore.test - 1`",
        ],
    )]);
}

#[test]
fn witnesses_do_no_harm() {
    let stranger = Sigstore::named("stranger").rekor_v2;
    let cosigned = admitted(|_| ()).entry(move |entry| {
        let sigstore = Sigstore::new();
        let version_2 = entry.integrated_time.is_none();
        let log = if version_2 { sigstore.rekor_v2 } else { sigstore.rekor };
        let proof = entry.proof.as_mut().unwrap();
        proof.checkpoint = checkpoint(&log.origin, proof.size as usize, &proof.root, &[&stranger, &log]);
    });
    check(vec![Row("a witness", cosigned, ["accepted"; 3])]);
}
