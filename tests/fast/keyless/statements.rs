//! What can be wrong with what was signed, and with the signature over it.

use airgap_bundle::digest::Digest;
use serde_json::{Value, json};

use bundle_testing::internet::sigstore::encoding::base64;
use bundle_testing::internet::sigstore::{Forge, GITHUB, PROVENANCE, Signature, Signed, Signing};

use super::{Bench, FORMS, IDENTITY, Row, bundles, check, put, said};

const OVER_OTHER_BYTES: &str = "the signature was not made by the certificate's key over these bytes";
const DIGEST: &str = "/critical/image/docker-manifest-digest";
const SUBJECT: &str = "/subject/0/digest/sha256";

fn changed(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Forge {
    Forge::default().said(change)
}

fn signed(change: impl Fn(&mut Signed) + Send + Sync + 'static) -> Forge {
    Forge::default().signed(change)
}

#[test]
fn statements_of_something_else_are_refused() {
    let other = Digest::of(b"another image");
    check(vec![
        Row(
            "another image",
            changed(move |said| {
                put(said, DIGEST, json!(other.to_string()));
                put(said, SUBJECT, json!(other.hex()));
            }),
            ["the signature is for another image: expected \
             `sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9`, found \
             `sha256:210277cb6266afe7c6cc4227ff3e9efc818f55234a7d7fbf033ab602440f2437`"; 3],
        ),
        Row(
            "the image in upper case",
            changed(|said| {
                let upper = |value: &mut Value| *value = json!(value.as_str().unwrap().to_uppercase());
                said.pointer_mut(DIGEST).map(upper);
                said.pointer_mut(SUBJECT).map(upper);
            }),
            [
                "the signature is for another image: expected \
             `sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9`, found \
             `SHA256:A5DF3FDE7B200C3FA2791144C7E05C5C2BCED4C6AD863D3A4CF76C972C1712F9`",
                "the signature is for another image: expected `sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9`, found `sha256:A5DF3FDE7B200C3FA2791144C7E05C5C2BCED4C6AD863D3A4CF76C972C1712F9`",
                "the signature is for another image: expected `sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9`, found `sha256:A5DF3FDE7B200C3FA2791144C7E05C5C2BCED4C6AD863D3A4CF76C972C1712F9`",
            ],
        ),
        Row(
            "another type",
            changed(|said| put(said, "/critical/type", json!("atomic"))),
            ["expected payload type `cosign container image signature`, found `atomic`", "-", "-"],
        ),
        Row(
            "a field more",
            changed(|said| said["critical"]["more"] = json!(1)),
            [
                "the payload cannot be read: unknown field `more`, expected one of `identity`, `image`, `type` at line 1 column 234",
                "-",
                "-",
            ],
        ),
        Row(
            "no type",
            changed(|said| put(said, "/_type", json!(""))),
            bundles("expected statement type `https://in-toto.io/Statement/v1`, found ``"),
        ),
        Row(
            "an older type",
            changed(|said| put(said, "/_type", json!("https://in-toto.io/Statement/v0.1"))),
            bundles(
                "expected statement type `https://in-toto.io/Statement/v1`, found \
             `https://in-toto.io/Statement/v0.1`",
            ),
        ),
        Row(
            "no subject",
            changed(|said| put(said, "/subject", json!([]))),
            bundles("expected 1 subject in a statement, found 0"),
        ),
        Row(
            "the subject twice",
            changed(|said| {
                let subject = said["subject"][0].clone();
                put(said, "/subject", json!([subject, subject]));
            }),
            bundles("expected 1 subject in a statement, found 2"),
        ),
        Row(
            "another hash of the subject",
            changed(|said| put(said, "/subject/0/digest", json!({"sha512": "00"}))),
            bundles(
                "the signature is for another image: expected \
             `sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9`, found \
             `sha256:`",
            ),
        ),
        Row(
            "no predicate type",
            changed(|said| _ = said.as_object_mut().unwrap().remove("predicateType")),
            bundles("the statement cannot be read: missing field `predicateType` at line 1 column 159"),
        ),
    ]);
}

#[test]
fn attestations_are_not_signatures() {
    let bench = Bench::new();
    for form in [FORMS[1], FORMS[2]] {
        let provenance = bench.sigstore.sign(&bench.subject, &Signing::provenance(form, IDENTITY));
        assert_eq!(
            bench.verify(&[provenance]).unwrap_err().to_string(),
            format!(
                "`{}` carries no signature by `{IDENTITY}` of `{GITHUB}`, only an attestation of type \
             `{PROVENANCE}`",
                bench.image()
            )
        );
    }
    for kind in ["https://sigstore.dev/cosign/sign/v1/", "https://sigstore.dev/cosign/sign/V1", ""] {
        let signing = Signing { predicate_type: kind.to_owned(), ..Signing::new(FORMS[1], IDENTITY) };
        let found = said(bench.verify(&[bench.sigstore.sign(&bench.subject, &signing)]));
        assert_eq!(found, format!("only an attestation of type `{kind}`"));
    }
}

#[test]
fn signatures_of_something_else_are_refused() {
    check(vec![
        Row(
            "over other bytes",
            signed(|signed| signed.signatures[0].bytes = signed.key.sign(b"other")),
            [OVER_OTHER_BYTES; 3],
        ),
        Row(
            "of another payload",
            signed(|signed| {
                signed.payload = String::from_utf8_lossy(&signed.payload)
                    .replace("null", "{}")
                    .replace("{}}", "{ }}")
                    .into_bytes()
            }),
            [OVER_OTHER_BYTES; 3],
        ),
        Row(
            "of another payload type",
            signed(|signed| signed.payload_type = "text/plain".to_owned()),
            bundles("expected payload type `application/vnd.in-toto+json`, found `text/plain`"),
        ),
        Row(
            "none",
            signed(|signed| signed.signatures.clear()),
            [
                "the signature is missing or empty",
                "expected 1 signature in an envelope, found 0",
                "expected 1 signature in an envelope, found 0",
            ],
        ),
        Row(
            "empty",
            signed(|signed| signed.signatures[0].bytes.clear()),
            ["the signature is missing or empty"; 3],
        ),
        Row(
            "two",
            signed(|signed| {
                let bytes = signed.key.sign(b"other");
                signed.signatures.push(Signature { bytes, key_id: None });
            }),
            bundles("expected 1 signature in an envelope, found 2"),
        ),
        Row(
            "with the identity of a key",
            signed(|signed| signed.signatures[0].key_id = Some("key".to_owned())),
            bundles("expected a signature without a `keyid`, found `key`"),
        ),
        Row(
            "raw",
            signed(|signed| signed.signatures[0].bytes = raw(&signed.signatures[0].bytes)),
            [OVER_OTHER_BYTES; 3],
        ),
        Row(
            "text instead of base64",
            Forge::default().stored(|stored| {
                put(stored, "/dev.cosignproject.cosign~1signature", json!("%"));
                put(stored, "/dsseEnvelope/signatures/0/sig", json!("%"));
            }),
            [
                "the signature is not canonical base64",
                "the bundle cannot be read: not canonical base64 at line 1 column 10076",
                "the bundle cannot be read: not canonical base64 at line 1 column 8654",
            ],
        ),
        Row(
            "altered where it is stored",
            Forge::default().stored(|stored| {
                let bytes = base64([0x30, 6, 2, 1, 1, 2, 1, 1]);
                put(stored, "/dev.cosignproject.cosign~1signature", json!(bytes));
                put(stored, "/dsseEnvelope/signatures/0/sig", json!(bytes));
            }),
            [
                OVER_OTHER_BYTES,
                "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: Timestamp message \
             hash mismatch: expected 0dbbf2d08191372d479457a971ebbeab68d079e1bb4d8c7c5ce58a1dda57e8a4, \
             got 57093944c2f730f5d554173cb3555795c1a4f68c647be0ff8e3adb840b757675",
                "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: Timestamp message hash mismatch: expected 5b5a2a4dcd9735da3585c843e0de812c0c7da7da3374ceca628bcc5395b94867, got 57093944c2f730f5d554173cb3555795c1a4f68c647be0ff8e3adb840b757675",
            ],
        ),
    ]);
}

/// Returns `r` and `s` without DER around them.
fn raw(der: &[u8]) -> Vec<u8> {
    p256::ecdsa::Signature::from_der(der).unwrap().to_bytes().to_vec()
}

#[test]
fn the_other_half_of_s_stands_in_no_log() {
    let turned = |text: &Value| {
        use base64::Engine as _;
        let der = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
        let signature = p256::ecdsa::Signature::from_der(&der).unwrap();
        let (r, s) = signature.split_scalars();
        let other = p256::ecdsa::Signature::from_scalars(r, -s).unwrap();
        json!(base64(other.to_der().as_bytes()))
    };
    let stored = Forge::default().stored(move |stored| {
        for pointer in ["/dev.cosignproject.cosign~1signature", "/dsseEnvelope/signatures/0/sig"] {
            if let Some(text) = stored.pointer_mut(pointer) {
                *text = turned(text);
            }
        }
    });
    check(vec![Row(
        "n - s",
        stored,
        [
            "the log entry is not of this signature: signature in bundle does not match signature in Rekor entry",
            "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: Timestamp message hash mismatch: expected 0dbbf2d08191372d479457a971ebbeab68d079e1bb4d8c7c5ce58a1dda57e8a4, got eb8239c481f4144b8f0f14dd46b75c7e88cf29a73ca78d5edb09165cc0eafe22",
            "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: Timestamp message hash mismatch: expected 5b5a2a4dcd9735da3585c843e0de812c0c7da7da3374ceca628bcc5395b94867, got 07a1a663dde5fac696fa83c5301f48e5a6a83cd948db8bef363c60ab8c900871",
        ],
    )]);
}
