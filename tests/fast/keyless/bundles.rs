//! A bundle in hand: the entry point for conformance suites, and what a bundle beside an image must not be.

use airgap_bundle::spec::Identity;
use airgap_bundle::trust::{Artifact, Signatory, SigningKey, verify_bundle};
use serde_json::{Value, json};

use bundle_testing::internet::sigstore::{Forge, Form, GITHUB, SIGNATURE, Signing};

use super::{Bench, IDENTITY, Row, bundles, check, put};

fn stored(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Forge {
    Forge::default().stored(change)
}

#[test]
fn bundles_of_another_shape_are_refused() {
    let hint = json!({"hint": "x"});
    let message = json!({"messageDigest": {"algorithm": "SHA2_256", "digest": ""}, "signature": "AAAA"});
    check(vec![
        Row(
            "another version",
            stored(|bundle| put(bundle, "/mediaType", json!("x"))),
            bundles("only a bundle of the unknown type `x`"),
        ),
        Row(
            "version 0.2 has a chain",
            stored(|bundle| {
                put(bundle, "/mediaType", json!("application/vnd.dev.sigstore.bundle+json;version=0.2"))
            }),
            bundles("accepted"),
        ),
        Row(
            "a chain in version 0.3",
            stored(|bundle| {
                if let Some(certificate) = bundle.pointer("/verificationMaterial/certificate").cloned() {
                    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
                    material.remove("certificate");
                    material
                        .insert("x509CertificateChain".to_owned(), json!({"certificates": [certificate]}));
                }
            }),
            bundles(
                "the bundle cannot be read: Bundle error: application/vnd.dev.sigstore.bundle.v0.3+json \
             bundles must use a single certificate, not a chain",
            ),
        ),
        Row(
            "a key, too",
            stored(move |bundle| bundle["verificationMaterial"]["publicKey"] = hint.clone()),
            bundles("expected 1 key or certificate of a bundle, found 2"),
        ),
        Row(
            "two contents",
            stored(move |bundle| bundle["messageSignature"] = message.clone()),
            bundles("expected 1 content of a bundle, found 2"),
        ),
        Row(
            "a field more",
            stored(|bundle| bundle["more"] = json!(1)),
            [
                "-",
                "the bundle cannot be read: unknown field `more`, expected one of `mediaType`, `verificationMaterial`, `messageSignature`, `dsseEnvelope` at line 1 column 10180",
                "the bundle cannot be read: unknown field `more`, expected one of `mediaType`, `verificationMaterial`, `messageSignature`, `dsseEnvelope` at line 1 column 8758",
            ],
        ),
        Row(
            "no certificate",
            stored(|stored| {
                put(stored, "/verificationMaterial/certificate", json!({}));
                put(stored, "/dev.sigstore.cosign~1certificate", json!("x"));
            }),
            [
                "only a keyless signature",
                "only a keyless signature or attestation",
                "only a keyless signature or attestation",
            ],
        ),
        Row(
            "an annotation that is not JSON",
            stored(|stored| put(stored, "/dev.sigstore.cosign~1bundle", json!("x"))),
            ["the bundle cannot be read: expected value at line 1 column 1", "-", "-"],
        ),
        Row(
            "an annotation that is too large",
            stored(|stored| put(stored, "/dev.sigstore.cosign~1bundle", json!(" ".repeat(70_000)))),
            ["the bundle cannot be read: an annotation is too large", "-", "-"],
        ),
    ]);
}

#[test]
fn a_bundle_in_hand_is_verified() {
    let bench = Bench::new();
    let identity = Identity::exact(GITHUB, IDENTITY);
    for form in [Form::Bundle, Form::BundleV2] {
        let json = bench.sigstore.bundle(&bench.subject, &Signing::new(form, IDENTITY)).to_string();
        let by = Signatory::Identity(&identity);
        for artifact in [Artifact::Bytes(b"an image"), Artifact::Digest(bench.image())] {
            let verified = verify_bundle(artifact, json.as_bytes(), &bench.root, by).unwrap();
            assert_eq!(verified.predicate_type.as_deref(), Some(SIGNATURE));
        }
    }
}

#[test]
fn a_bundle_in_hand_is_refused() {
    let bench = Bench::new();
    let (identity, other) = (Identity::exact(GITHUB, IDENTITY), Identity::exact(GITHUB, "other"));
    let key = SigningKey::generate().unwrap();
    let by = Signatory::Identity(&identity);
    let good = bench.sigstore.bundle(&bench.subject, &Signing::new(Form::Bundle, IDENTITY));
    let edited = |pointer: &str, value: Value| {
        let mut json = good.clone();
        *json.pointer_mut(pointer).unwrap() = value;
        json.to_string().into_bytes()
    };
    let text = good.to_string().into_bytes();
    let image = Artifact::Bytes(b"an image");
    let table = [
        (
            Artifact::Bytes(b"another"),
            text.clone(),
            by,
            "the signature, or its log entry, is for something else: artifact hash does not match any subject in attestation",
        ),
        (
            image,
            text.clone(),
            Signatory::Identity(&other),
            "expected a certificate for `other` of `https://token.actions.githubusercontent.com`, \
             found one for \
             `https://github.com/falcosecurity/falco/.github/workflows/reusable_publish_docker.yaml@refs/tags/0.44.1` \
             of `https://token.actions.githubusercontent.com`",
        ),
        (image, text, Signatory::Key(key.public_key()), "expected a public key, found a signing certificate"),
        (
            image,
            edited("/mediaType", json!("x")),
            by,
            "expected media type `application/vnd.dev.sigstore.bundle.v0.3+json`, found `x`",
        ),
        (
            image,
            edited("/verificationMaterial", json!({})),
            by,
            "expected 1 key or certificate of a bundle, found 0",
        ),
        (
            image,
            edited("/verificationMaterial", json!({"publicKey": {"hint": ""}})),
            by,
            "expected a signing certificate, found a public key",
        ),
        (
            image,
            edited("/dsseEnvelope/payloadType", json!("x")),
            by,
            "expected payload type `application/vnd.in-toto+json`, found `x`",
        ),
        (
            image,
            edited("/dsseEnvelope/payload", json!("e30=")),
            by,
            "the statement cannot be read: missing field `_type` at line 1 column 2",
        ),
        (
            image,
            vec![b' '; 16 * 1024 * 1024 + 1],
            by,
            "the bundle has 16777217 bytes, at most 16777216 are read",
        ),
        (
            image,
            b"{".to_vec(),
            by,
            "the bundle cannot be read: EOF while parsing an object at line 1 column 1",
        ),
    ];
    let mut differences = Vec::new();
    for (artifact, json, by, expected) in table {
        let refused = verify_bundle(artifact, &json, &bench.root, by).unwrap_err().to_string();
        if refused != expected {
            differences.push(refused);
        }
    }
    assert_eq!(differences, Vec::<String>::new());
}
