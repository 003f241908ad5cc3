//! Bundles beside an image that are not what they have to be.

use serde_json::{Value, json};

use bundle_testing::internet::sigstore::Forge;

use super::{Row, bundles, check, put};

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
