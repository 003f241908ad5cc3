//! What is changed on the way is refused by the real cosign, for the reason that it should be: every step of [`Forge`] works.

use bundle_testing::internet::sigstore::encoding::base64;
use bundle_testing::internet::sigstore::{Forge, Form, Leaf, Sct, Signature, Signing, Sigstore};
use serde_json::{Value, json};

use super::peer::Peer;

const IDENTITY: &str =
    "https://github.com/falcosecurity/falco/.github/workflows/reusable_publish_docker.yaml@refs/tags/0.44.1";

const NO_SCT: &str = "only able to verify 0 SCT entries; unable to meet threshold of 1";
const LEAF: &str = "leaf certificate verification failed";
const THRESHOLD: &str = "accepted signatures do not match threshold";
const DIGEST: &str = "provided artifact digest does not match any digest in statement";
const UNFOUND: &str = "no signatures found";

/// A change, and what cosign says about each form that has it.
struct Case {
    what: &'static str,
    forge: Forge,
    says: Vec<(Form, &'static str)>,
}

fn case(what: &'static str, forge: Forge, says: [&'static str; 3]) -> Case {
    let says = [Form::Tag, Form::Bundle, Form::BundleV2].into_iter().zip(says);
    Case { what, forge, says: says.filter(|(_, words)| !words.is_empty()).collect() }
}

fn scts(change: impl Fn(&mut Sct) + Send + Sync + 'static) -> Forge {
    Forge::default().leaf(move |leaf| leaf.scts.iter_mut().flatten().for_each(&change))
}

fn put(value: &mut Value, pointer: &str, new: Value) {
    if let Some(old) = value.pointer_mut(pointer) {
        *old = new;
    }
}

fn certificates() -> Vec<Case> {
    let foreign = Sigstore::named("foreign");
    let (log, authority) = (foreign.ct, foreign.intermediate);
    vec![
        case(
            "no SCT",
            Forge::default().leaf(|leaf| leaf.scts = None),
            ["does not include required embedded SCT", NO_SCT, NO_SCT],
        ),
        case("SCT altered", scts(|sct| sct.altered = 1), [NO_SCT; 3]),
        case("SCT by another key", scts(move |sct| sct.key = log.clone()), [NO_SCT; 3]),
        case(
            "another authority",
            Forge::default().leaf(move |leaf: &mut Leaf| leaf.authority = authority.clone()),
            [LEAF; 3],
        ),
        case(
            "certificate cut",
            Forge::default().certificate(|bytes| bytes.truncate(100)),
            ["x509: malformed certificate"; 3],
        ),
    ]
}

fn statements() -> Vec<Case> {
    let zeros = "0".repeat(64);
    vec![
        case(
            "another digest",
            Forge::default().said(move |said| {
                put(said, "/critical/image/docker-manifest-digest", json!(format!("sha256:{zeros}")));
                put(said, "/subject/0/digest/sha256", json!(zeros));
            }),
            ["invalid or missing digest in claim", DIGEST, DIGEST],
        ),
        case(
            "signature over other bytes",
            Forge::default().signed(|signed| signed.signatures[0].bytes = signed.key.sign(b"other")),
            ["invalid signature", THRESHOLD, THRESHOLD],
        ),
        case(
            "two signatures",
            Forge::default().signed(|signed| {
                let bytes = signed.key.sign(b"other");
                signed.signatures.push(Signature { bytes, key_id: None });
            }),
            ["", "exactly one signature is required", "exactly one signature is required"],
        ),
        case(
            "a key identifier",
            Forge::default().signed(|signed| signed.signatures[0].key_id = Some("key".to_owned())),
            ["", THRESHOLD, THRESHOLD],
        ),
    ]
}

fn logs() -> Vec<Case> {
    let foreign = Sigstore::named("foreign");
    let (witness, log) = (foreign.rekor.clone(), foreign.rekor);
    let zeros = "0".repeat(64);
    vec![
        case(
            "entry for another text",
            Forge::default().body(move |body| {
                put(body, "/spec/data/hash/value", json!(zeros));
                put(body, "/spec/payloadHash/value", json!(zeros));
                put(body, "/spec/hashedRekordV002/data/digest", json!(base64([0; 32])));
            }),
            ["invalid signature", "does not match envelope payload hash", "calculated root"],
        ),
        case(
            "logged after the certificate expired",
            Forge::default().admission(|it| it.integrated_time.iter_mut().for_each(|time| *time += 3600)),
            ["certificate expired before observed time", "integrated time outside certificate validity", ""],
        ),
        case(
            "promise by another log",
            Forge::default().admission(move |it| it.log.key = log.key.clone()),
            ["unable to verify SET", "", ""],
        ),
        case(
            "checkpoint by another log",
            Forge::default().admission(move |it| it.witness = witness.clone()),
            ["", "signature on checkpoint did not verify", "note has no verifiable signatures"],
        ),
        case(
            "time moved",
            Forge::default().entry(|entry| entry.integrated_time.iter_mut().for_each(|time| *time += 1)),
            ["unable to verify SET", "not enough verified log entries", ""],
        ),
        case(
            "proof of another entry",
            Forge::default().admission(|it| it.leaves.rotate_left(1)),
            ["", "calculated root", "calculated root"],
        ),
    ]
}

fn stored() -> Vec<Case> {
    vec![
        case(
            "no timestamp",
            Forge::default().stamps(Vec::clear),
            ["", "", "threshold not met for verified signed timestamps"],
        ),
        case(
            "timestamp for other bytes",
            Forge::default().stamps(|stamps| stamps[0].imprint[0] ^= 1),
            ["", "", "hashed messages don't match"],
        ),
        case(
            "timestamp after the certificate expired",
            Forge::default().stamps(|stamps| stamps[0].time += 3600),
            ["", "", LEAF],
        ),
        case(
            "no signature and no certificate",
            Forge::default().stored(|stored| {
                put(stored, "/verificationMaterial/certificate", Value::Null);
                put(stored, "/dev.cosignproject.cosign~1signature", json!(""));
            }),
            ["Invalid IEEE_P1363", UNFOUND, UNFOUND],
        ),
        case(
            "another media type",
            Forge::default().manifest(|manifest| put(manifest, "/layers/0/mediaType", json!("text/plain"))),
            ["", UNFOUND, UNFOUND],
        ),
    ]
}

async fn refused(cases: Vec<Case>) {
    let sigstore = Sigstore::new();
    for Case { what, forge, says } in cases {
        for (form, words) in says {
            let peer = Peer::new().await;
            let signing = Signing::new(form, IDENTITY).forged(forge.clone());
            peer.push(&sigstore.sign(&peer.subject, &signing)).await;
            let said = peer.verify(&sigstore.trusted_root(), IDENTITY).await;
            let error = said.expect_err(what);
            assert!(error.contains(words), "{what}, {form:?}: {error}");
        }
    }
}

#[tokio::test]
async fn changed_certificates() {
    refused(certificates()).await;
}

#[tokio::test]
async fn changed_statements() {
    refused(statements()).await;
}

#[tokio::test]
async fn changed_log_entries() {
    refused(logs()).await;
}

#[tokio::test]
async fn changed_times_and_manifests() {
    refused(stored()).await;
}
