//! The entry of a log for a signature.
// See: sigstore/rekor pkg/types/{hashedrekord,dsse}/v0.0.1; sigstore/rekor-tiles api/proto/rekor/v2

use serde_json::{Value, json};

use super::Form;
use super::encoding::{base64, certificate_pem, hex};
use super::key::sha256;
use super::said::Signed;

/// Returns the kind of a form's entry and its version.
#[must_use]
pub fn kind(form: Form) -> (&'static str, &'static str) {
    match form {
        Form::Tag => ("hashedrekord", "0.0.1"),
        Form::Bundle => ("dsse", "0.0.1"),
        Form::BundleV2 => ("hashedrekord", "0.0.2"),
    }
}

/// Returns the entry for a signature.
#[must_use]
pub fn body(form: Form, signed: &Signed, certificate: &[u8]) -> Value {
    let (kind, version) = kind(form);
    let spec = match form {
        Form::Tag => hashed(signed, &certificate_pem(certificate)),
        Form::Bundle => dsse(signed, certificate),
        Form::BundleV2 => {
            hashed_v2(&signed.bytes(form), signed.signature(), certificate, signed.key.details())
        }
    };
    json!({"apiVersion": version, "kind": kind, "spec": spec})
}

/// Returns what is logged of a signature over the payload itself; the verifier is a certificate or a key in PEM.
#[must_use]
pub fn hashed(signed: &Signed, verifier: &str) -> Value {
    json!({
        "data": {"hash": hash(&signed.payload)},
        "signature": {
            "content": base64(signed.signature()),
            "publicKey": {"content": base64(verifier)},
        },
    })
}

fn dsse(signed: &Signed, certificate: &[u8]) -> Value {
    let verifier = base64(certificate_pem(certificate));
    let signatures: Vec<_> = signed
        .signatures
        .iter()
        .map(|signature| json!({"signature": base64(&signature.bytes), "verifier": verifier}))
        .collect();
    json!({
        "envelopeHash": hash(submitted(signed).to_string().as_bytes()),
        "payloadHash": hash(&signed.payload),
        "signatures": signatures,
    })
}

/// Returns the envelope in the words of the client that submits it: Go's order of members, and an empty `keyid`.
#[must_use]
pub fn submitted(signed: &Signed) -> Value {
    let signatures: Vec<_> = signed
        .signatures
        .iter()
        .map(|signature| json!({"keyid": "", "sig": base64(&signature.bytes)}))
        .collect();
    json!({"payloadType": signed.payload_type, "payload": base64(&signed.payload), "signatures": signatures})
}

fn hash(bytes: &[u8]) -> Value {
    json!({"algorithm": "sha256", "value": hex(&sha256(bytes))})
}

/// Returns what the second version logs of a signature over bytes.
#[must_use]
pub fn hashed_v2(bytes: &[u8], signature: &[u8], certificate: &[u8], details: &str) -> Value {
    let verifier = json!({
        "keyDetails": details,
        "x509Certificate": {"rawBytes": base64(certificate)},
    });
    json!({"hashedRekordV002": {
        "data": {"algorithm": "SHA2_256", "digest": base64(sha256(bytes))},
        "signature": {"content": base64(signature), "verifier": verifier},
    }})
}
