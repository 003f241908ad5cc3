//! Every signature that is accepted, set aside or refused, made here from parts.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::lock::Signer;
use crate::oci::{MANIFEST, Manifest};
use crate::trust::image::image_signature::sign_image;
use crate::trust::keys::encoding::to_base64;
use crate::trust::keys::signer::SigningKey;

const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";
const SLSA: &str = "https://slsa.dev/provenance/v1";

/// An image, the policy's key, and a stranger's.
struct Case {
    subject: Digest,
    key: SigningKey,
    stranger: SigningKey,
}

impl Case {
    fn new() -> Self {
        let [key, stranger] = [SigningKey::generate().unwrap(), SigningKey::generate().unwrap()];
        Self { subject: Digest::of(b"image"), key, stranger }
    }

    fn verify(&self, tag: Option<Evidence>, referrers: Vec<Evidence>) -> Result<SignatureSeen, TrustError> {
        let evidence: Vec<_> = tag.into_iter().map(|tag| self.tagged(tag)).chain(referrers).collect();
        let requirement = Requirement::Key(self.key.public_key().clone());
        verify_image(self.subject, &evidence, &requirement, None)
            .map(|verified| verified.into_inner().signature)
    }

    /// Puts a manifest behind the image's tag for signatures.
    fn tagged(&self, evidence: Evidence) -> Evidence {
        Evidence { tag: Some(format!("sha256-{}.sig", self.subject.hex())), ..evidence }
    }

    /// A good signature, in either form.
    fn tag(&self) -> Evidence {
        sign_image(&self.key, self.subject, "docker.io/library/nginx").evidence()
    }

    fn referrer(&self) -> Evidence {
        bundle(&self.key, &statement(self.subject, SIGN))
    }

    fn strangers(&self) -> String {
        format!("a signature or attestation by `{}`", self.stranger.public_key().hint())
    }

    fn seen(&self) -> SignatureSeen {
        SignatureSeen::SigstoreBundle { signer: Signer::Key(self.key.public_key().hint()) }
    }
}

fn statement(subject: Digest, predicate_type: &str) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": subject.hex() }, "annotations": {} }],
        "predicateType": predicate_type,
        "predicate": {},
    })
}

fn bundle_json(key: &SigningKey, payload_type: &str, payload: &[u8]) -> Value {
    let header = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    let signature = key.sign(&[header.as_bytes(), payload].concat());
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": { "publicKey": { "hint": key.public_key().hint() } },
        "dsseEnvelope": {
            "payload": to_base64(payload),
            "payloadType": payload_type,
            "signatures": [{ "sig": to_base64(&signature) }],
        },
    })
}

fn bundle(key: &SigningKey, statement: &Value) -> Evidence {
    let json = bundle_json(key, "application/vnd.in-toto+json", statement.to_string().as_bytes());
    stored(BUNDLE, json.to_string().as_bytes(), &json!({}))
}

/// A manifest with one layer, and the layer.
fn stored(media_type: &str, blob: &[u8], annotations: &Value) -> Evidence {
    let digest = Digest::of(blob);
    let layer = json!({
        "mediaType": media_type, "size": blob.len(), "digest": digest.to_string(), "annotations": annotations,
    });
    let manifest = json!({ "schemaVersion": 2, "artifactType": media_type, "layers": [layer] });
    Evidence { blobs: [(digest, Bytes::copy_from_slice(blob))].into(), ..of_manifest(&manifest) }
}

/// A referrer without blobs.
fn of_manifest(manifest: &Value) -> Evidence {
    let manifest = Manifest::parse(manifest.to_string().into(), Some(MANIFEST)).unwrap();
    Evidence { tag: None, manifest, blobs: BTreeMap::new() }
}

fn simple_signing(key: &SigningKey, payload: &[u8]) -> Evidence {
    let signature = to_base64(&key.sign(payload));
    stored(SIMPLE_SIGNING, payload, &json!({ "dev.cosignproject.cosign/signature": signature }))
}

fn payload(subject: &str, kind: &str) -> Value {
    json!({
        "critical": {
            "identity": { "docker-reference": "x" },
            "image": { "docker-manifest-digest": subject },
            "type": kind,
        },
        "optional": { "creator": "someone" },
    })
}

/// The one manifest that is bad, and what is wrong with it.
fn fault(result: Result<SignatureSeen, TrustError>, stored: &Evidence) -> String {
    match result {
        Err(TrustError::Bad { manifest, source, .. }) if manifest == stored.manifest.descriptor.digest => {
            source.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_forms_are_accepted() {
    let case = Case::new();
    let signer = Signer::Key(case.key.public_key().hint());
    assert_eq!(case.verify(None, vec![case.referrer()]), Ok(case.seen()));
    assert_eq!(case.verify(Some(case.tag()), vec![]), Ok(SignatureSeen::SimpleSigning { signer }));
    assert_eq!(case.verify(Some(case.tag()), vec![case.referrer()]), Ok(case.seen()));
}

#[test]
fn any_key_of_the_policy_will_do() {
    let case = Case::new();
    let keys = [case.stranger.public_key().clone(), case.key.public_key().clone()];
    let evidence = [case.tag(), case.referrer()];
    let verified =
        verify_image(case.subject, &evidence, &Requirement::AnyOf(keys.map(Requirement::Key).into()), None)
            .unwrap();
    let expected = Provenance { subject: case.subject, signature: case.seen(), further: vec![] };
    assert_eq!(*verified, expected);
}

#[test]
fn the_lock_records_what_was_seen() {
    let unsigned = accept_unsigned(Digest::of(b""), "pinned").into_inner().signature;
    assert_eq!(json!(unsigned), json!({ "form": "unsigned", "reason": "pinned" }));
    let signed = SignatureSeen::SimpleSigning { signer: Signer::Key("abc=".to_owned()) };
    assert_eq!(json!(signed), json!({ "form": "simple-signing", "signer": { "key": "abc=" } }));
    let certificate = json!({
        "form": "sigstore-bundle",
        "signer": { "certificate": {
            "identity": "https://example.test/a", "issuer": "https://example.test", "logId": "c0",
            "logIndex": 7, "time": "2026-11-01T00:10:02Z",
        } },
    });
    let read: SignatureSeen = serde_json::from_value(certificate.clone()).unwrap();
    assert_eq!(json!(read), certificate);
}

#[test]
fn absence_and_strangers_are_told_apart() {
    let case = Case::new();
    let (subject, hint) = (case.subject, case.key.public_key().hint());
    let none = verify_image(subject, &[], &Requirement::AnyOf(vec![]), None);
    let none = none.unwrap_err().to_string();
    assert_eq!(
        none,
        format!("no public key or identity was given to check the signature of `{subject}` against")
    );
    let absent = case.verify(None, vec![]).unwrap_err().to_string();
    assert_eq!(absent, format!("`{subject}` carries no signature"));
    let strangers = [
        sign_image(&case.stranger, subject, "x").evidence(),
        bundle(&case.stranger, &statement(subject, SIGN)),
    ];
    let [tag, referrer] = strangers;
    let refused = case.verify(Some(tag), vec![referrer]).unwrap_err().to_string();
    let found = format!("a signature by an unknown key, {}", case.strangers());
    assert_eq!(refused, format!("`{subject}` carries no signature by `{hint}`, only {found}"));
}

/// What may lie beside an image without helping or harming, and what it is called.
fn set_aside(case: &Case) -> Vec<(Evidence, String)> {
    let edited = |pointer: &str, value: Value| {
        let mut json = bundle_json(&case.stranger, "application/vnd.in-toto+json", b"{}");
        *json.pointer_mut(pointer).unwrap() = value;
        stored(BUNDLE, json.to_string().as_bytes(), &json!({}))
    };
    let message = json!({
        "mediaType": BUNDLE,
        "verificationMaterial": { "publicKey": { "hint": "" } },
        "messageSignature": { "messageDigest": { "algorithm": "SHA2_256", "digest": "" }, "signature": "AAAA" },
    });
    let large =
        json!({ "layers": [{ "mediaType": BUNDLE, "size": 2_000_000, "digest": case.subject.to_string() }] });
    let large = of_manifest(&large);
    let signatures = json!([{ "sig": "AAAA" }, { "sig": "AAAA" }]);
    let named = json!([{ "sig": "AAAA", "keyid": "theirs" }]);
    let strangers = case.strangers();
    vec![
        (bundle(&case.key, &statement(case.subject, SLSA)), format!("an attestation of type `{SLSA}`")),
        (bundle(&case.stranger, &statement(case.subject, SLSA)), strangers.clone()),
        (bundle(&case.stranger, &statement(case.subject, SIGN)), strangers.clone()),
        (bundle(&case.stranger, &statement(Digest::of(b"other"), SIGN)), strangers.clone()),
        (edited("/dsseEnvelope/signatures", signatures), strangers.clone()),
        (edited("/dsseEnvelope/signatures", named), strangers.clone()),
        (edited("/dsseEnvelope/signatures", json!([])), strangers),
        (
            edited("/verificationMaterial", json!({ "certificate": {}, "tlogEntries": [{}] })),
            "a keyless signature or attestation".to_owned(),
        ),
        (edited("/mediaType", json!("v0.9")), "a bundle of the unknown type `v0.9`".to_owned()),
        (
            stored(BUNDLE, message.to_string().as_bytes(), &json!({})),
            "a signature without a statement".to_owned(),
        ),
        (large, "an attestation that is too large for a signature".to_owned()),
        (
            stored("application/spdx+json", b"", &json!({})),
            "an artifact of type `application/spdx+json`".to_owned(),
        ),
    ]
}

#[test]
fn a_strangers_signature_is_set_aside() {
    let case = Case::new();
    let hint = case.key.public_key().hint();
    for (stored, found) in set_aside(&case) {
        assert_eq!(case.verify(None, vec![stored.clone(), case.referrer()]), Ok(case.seen()), "{found}");
        let refused = case.verify(None, vec![stored]).unwrap_err().to_string();
        assert_eq!(refused, format!("`{}` carries no signature by `{hint}`, only {found}", case.subject));
    }
    let [tag, keyless] = [SIMPLE_SIGNING, "dev.sigstore.cosign/certificate"].map(|kind| {
        let annotations = json!({ "dev.cosignproject.cosign/signature": "AAAA", kind: "x" });
        stored(SIMPLE_SIGNING, b"anything", &annotations)
    });
    for (stored, found) in [(tag, "a signature by an unknown key"), (keyless, "a keyless signature")] {
        assert_eq!(case.verify(Some(stored.clone()), vec![case.referrer()]), Ok(case.seen()));
        let refused = case.verify(Some(stored), vec![]).unwrap_err().to_string();
        assert_eq!(refused, format!("`{}` carries no signature by `{hint}`, only {found}", case.subject));
    }
}

#[test]
fn an_attestation_is_not_a_signature() {
    let case = Case::new();
    let (subject, hint) = (case.subject, case.key.public_key().hint());
    for kind in [SLSA, "", "https://sigstore.dev/cosign/sign/v2", "https://sigstore.dev/cosign/sign/v1/"] {
        let attestation = bundle(&case.key, &statement(subject, kind));
        let refused = case.verify(None, vec![attestation]).unwrap_err().to_string();
        let found = format!("an attestation of type `{kind}`");
        assert_eq!(refused, format!("`{subject}` carries no signature by `{hint}`, only {found}"));
    }
}

#[test]
fn a_signature_of_another_image_is_refused() {
    let case = Case::new();
    let other = Digest::of(b"other");
    let error = format!("the signature is for another image: expected `{}`, found `{other}`", case.subject);
    let tag = sign_image(&case.key, other, "docker.io/library/nginx").evidence();
    assert_eq!(fault(case.verify(Some(tag.clone()), vec![case.referrer()]), &tag), error);
    let referrer = bundle(&case.key, &statement(other, SIGN));
    assert_eq!(fault(case.verify(Some(case.tag()), vec![referrer.clone()]), &referrer), error);
}

#[test]
fn a_bad_signature_beside_a_good_one_is_refused() {
    let case = Case::new();
    let hint = case.key.public_key().hint();
    let payload_type = "application/vnd.in-toto+json";
    let text = statement(case.subject, SIGN).to_string();
    let good = bundle_json(&case.key, payload_type, text.as_bytes());
    let edited = |pointer: &str, value: Value| {
        let mut json = good.clone();
        *json.pointer_mut(pointer).unwrap() = value;
        stored(BUNDLE, json.to_string().as_bytes(), &json!({}))
    };
    let said = |pointer: &str, value: Value| {
        let mut json = statement(case.subject, SIGN);
        *json.pointer_mut(pointer).unwrap() = value;
        bundle(&case.key, &json)
    };
    let (other, absent) = (Digest::of(b"other"), Digest::of(b"absent"));
    let subject = json!({ "digest": { "sha256": case.subject.hex() } });
    let sha512 = json!([{ "digest": { "sha512": "00" } }]);
    let upper = json!([{ "digest": { "sha256": case.subject.hex().to_uppercase() } }]);
    let not_ours = format!("the signature was not made by the key that it names, `{hint}`");
    let for_another = |found: &str| {
        format!("the signature is for another image: expected `{}`, found `sha256:{found}`", case.subject)
    };
    let renamed = {
        let mut json = bundle_json(&case.stranger, payload_type, text.as_bytes());
        json["verificationMaterial"]["publicKey"]["hint"] = json!(hint);
        stored(BUNDLE, json.to_string().as_bytes(), &json!({}))
    };
    let two_layers = {
        let layer = json!({ "mediaType": BUNDLE, "size": 1, "digest": other.to_string() });
        of_manifest(&json!({ "layers": [layer, layer] }))
    };
    let other_blob = {
        let referrer = case.referrer();
        let blobs = referrer.blobs.keys().map(|digest| (*digest, Bytes::from_static(b"other"))).collect();
        Evidence { blobs, ..referrer }
    };
    let blob = *case.referrer().blobs.keys().next().unwrap();
    let named = |digest: Value, size: usize| {
        let layer = json!({ "mediaType": BUNDLE, "size": size, "digest": digest });
        let blobs = [(other, Bytes::from_static(b"other"))].into();
        Evidence { blobs, ..of_manifest(&json!({ "layers": [layer] })) }
    };
    let table = [
        (renamed, not_ours.clone()),
        (edited("/dsseEnvelope/signatures/0/sig", json!("AAAA")), not_ours.clone()),
        (edited("/dsseEnvelope/payload", json!("AAAA")), not_ours.clone()),
        (edited("/dsseEnvelope/payloadType", json!("x")), not_ours),
        (edited("/dsseEnvelope/signatures/0/sig", json!("")), "the signature is missing or empty".to_owned()),
        (edited("/dsseEnvelope/signatures", json!([])), "expected 1 signature in an envelope, found 0".to_owned()),
        (edited("/dsseEnvelope/signatures/0", json!({ "sig": "AAAA", "keyid": "k" })), "expected a signature without a `keyid`, found `k`".to_owned()),
        (said("/_type", json!("https://in-toto.io/Statement/v0.1")), "expected statement type `https://in-toto.io/Statement/v1`, found `https://in-toto.io/Statement/v0.1`".to_owned()),
        (said("/subject", json!([])), "expected 1 subject in a statement, found 0".to_owned()),
        (said("/subject", json!([subject, subject])), "expected 1 subject in a statement, found 2".to_owned()),
        (said("/subject", sha512), for_another("")),
        (said("/subject", upper), for_another(&case.subject.hex().to_uppercase())),
        (stored(BUNDLE, b"not json", &json!({})), "the bundle cannot be read: expected ident at line 1 column 2".to_owned()),
        (edited("/dsseEnvelope/payload", json!("AA")), "the bundle cannot be read: not canonical base64".to_owned()),
        (edited("/verificationMaterial", json!({ "key": 1 })), "the bundle cannot be read: unknown field `key`".to_owned()),
        (two_layers, "expected 1 layer beside a Sigstore bundle, found 2".to_owned()),
        (named(json!(absent.to_string()), 5), format!("the blob `{absent}` is missing")),
        (named(json!(other.to_string()), 6), format!("expected 6 bytes in the blob `{other}`, found 5")),
        (other_blob, format!("expected the blob `{blob}`, found `{other}`")),
    ];
    for (bad, error) in table {
        let refused = fault(case.verify(Some(case.tag()), vec![case.referrer(), bad.clone()]), &bad);
        // Where the JSON reader speaks, its list of fields and its position follow.
        assert!(
            refused == error || error.contains("cannot be read") && refused.starts_with(&error),
            "{refused}\n{error}"
        );
    }
}

#[test]
fn bad_simple_signing_beside_a_good_bundle_is_refused() {
    let case = Case::new();
    let image = case.subject.to_string();
    let kind = "cosign container image signature";
    let good = payload(&image, kind);
    assert!(case.verify(Some(simple_signing(&case.key, good.to_string().as_bytes())), vec![]).is_ok());
    let mut strange = good.clone();
    strange["critical"]["more"] = json!(1);
    let signed = |payload: &Value| simple_signing(&case.key, payload.to_string().as_bytes());
    let annotated = |annotations: Value| stored(SIMPLE_SIGNING, good.to_string().as_bytes(), &annotations);
    let twice = good.to_string().replacen("{", &format!("{{\"critical\":{},", good["critical"]), 1);
    let signature = "dev.cosignproject.cosign/signature";
    let upper = image.to_uppercase();
    let table = [
        (
            signed(&payload(&image, "atomic container signature")),
            format!("expected payload type `{kind}`, found `atomic container signature`"),
        ),
        (
            signed(&payload(&upper, kind)),
            format!("the signature is for another image: expected `{image}`, found `{upper}`"),
        ),
        (signed(&strange), "the payload cannot be read: unknown field `more`".to_owned()),
        (
            simple_signing(&case.key, twice.as_bytes()),
            "the payload cannot be read: duplicate field `critical`".to_owned(),
        ),
        (simple_signing(&case.key, b""), "the payload cannot be read: EOF while parsing".to_owned()),
        (
            simple_signing(&case.key, &vec![b' '; 70_000]),
            "the payload has 70000 bytes, at most 65536 are read".to_owned(),
        ),
        (annotated(json!({})), "the signature is missing or empty".to_owned()),
        (annotated(json!({ signature: "" })), "the signature is missing or empty".to_owned()),
        (annotated(json!({ signature: "AA" })), "the signature is not canonical base64".to_owned()),
        (
            stored("text/plain", b"", &json!({})),
            format!("expected layer type `{SIMPLE_SIGNING}`, found `text/plain`"),
        ),
        (of_manifest(&json!({ "layers": [] })), "expected 1 to 256 signatures, found 0".to_owned()),
    ];
    for (bad, error) in table {
        let refused = fault(case.verify(Some(bad.clone()), vec![case.referrer()]), &bad);
        assert!(
            refused == error || error.contains("cannot be read") && refused.starts_with(&error),
            "{refused}\n{error}"
        );
    }
}

#[test]
fn too_many_referrers_are_refused() {
    let case = Case::new();
    let refused = case.verify(None, vec![of_manifest(&json!({})); 1001]).unwrap_err().to_string();
    assert_eq!(refused, format!("`{}` has 1001 referrers, at most 1000 are read", case.subject));
}
