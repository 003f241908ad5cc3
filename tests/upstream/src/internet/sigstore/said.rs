//! A claim about a digest, and the signature over it: cosign's simple signing, or an in-toto statement in a DSSE envelope.

use serde_json::{Value, json};

use super::encoding::base64;
use super::key::Key;
use super::{Form, Signing, Subject};

/// The predicate type that makes a statement cosign's signature of an image.
// See: sigstore/cosign pkg/types/predicate.go
pub const SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";
/// The predicate type of build provenance.
// See: slsa.dev/spec/v1.0/provenance
pub const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
/// The type of what a DSSE envelope holds here.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A signed text.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The key that signed, to sign again.
    pub key: Key,
    /// The type of the text; only an envelope says it.
    pub payload_type: String,
    /// The text.
    pub payload: Vec<u8>,
    /// The signatures; made with one.
    pub signatures: Vec<Signature>,
}

/// A signature in an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The signature, in DER.
    pub bytes: Vec<u8>,
    /// Whose; cosign does not say it.
    pub key_id: Option<String>,
}

/// Returns what a signing says about a subject.
#[must_use]
pub fn said(subject: &Subject, signing: &Signing) -> Value {
    match signing.form {
        Form::Tag => simple_signing(subject),
        Form::Bundle | Form::BundleV2 => statement(subject, signing),
    }
}

// See: containers/image docs/containers-signature.5.md
fn simple_signing(subject: &Subject) -> Value {
    json!({
        "critical": {
            "identity": {"docker-reference": subject.repository},
            "image": {"docker-manifest-digest": subject.descriptor.digest.to_string()},
            "type": "cosign container image signature",
        },
        "optional": null,
    })
}

// See: in-toto/attestation spec/v1/statement.md
fn statement(subject: &Subject, signing: &Signing) -> Value {
    let mut about = json!({"digest": {"sha256": subject.descriptor.digest.hex()}});
    if signing.predicate_type != SIGNATURE {
        about["name"] = json!(subject.repository);
    }
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [about],
        "predicateType": signing.predicate_type,
        "predicate": signing.predicate,
    })
}

/// Returns a short provenance, as GitHub's attestation action words it.
// See: actions/attest packages/attest/src/provenance.ts
#[must_use]
pub fn provenance(signing: &Signing) -> Value {
    let (workflow, reference) = signing.identity.split_once('@').unwrap_or((&signing.identity, ""));
    let (repository, path) = workflow.split_once("/.github/").unwrap_or((workflow, ""));
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {
                "ref": reference, "repository": repository, "path": format!(".github/{path}"),
            }},
        },
        "runDetails": {"builder": {"id": signing.identity}},
    })
}

impl Signed {
    /// Signs a text as the form demands.
    #[must_use]
    pub fn new(key: &Key, form: Form, payload: Vec<u8>) -> Self {
        let mut signed =
            Self { key: key.clone(), payload_type: IN_TOTO.to_owned(), payload, signatures: Vec::new() };
        let bytes = key.sign(&signed.bytes(form));
        signed.signatures.push(Signature { bytes, key_id: None });
        signed
    }

    /// Returns what the signature is over.
    #[must_use]
    pub fn bytes(&self, form: Form) -> Vec<u8> {
        match form {
            Form::Tag => self.payload.clone(),
            Form::Bundle | Form::BundleV2 => self.authenticated(),
        }
    }

    // See: secure-systems-lab/dsse protocol.md, "PAE"
    fn authenticated(&self) -> Vec<u8> {
        let (kind, length) = (&self.payload_type, self.payload.len());
        [format!("DSSEv1 {} {kind} {length} ", kind.len()).as_bytes(), &self.payload].concat()
    }

    /// Returns the first signature; empty if there are no signatures.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.signatures.first().map_or(&[], |signature| &signature.bytes)
    }

    /// Returns the DSSE envelope.
    #[must_use]
    pub fn envelope(&self) -> Value {
        let signatures: Vec<_> = self.signatures.iter().map(Signature::in_envelope).collect();
        json!({"payload": base64(&self.payload), "payloadType": self.payload_type, "signatures": signatures})
    }
}

impl Signature {
    fn in_envelope(&self) -> Value {
        let mut value = json!({"sig": base64(&self.bytes)});
        if let Some(key_id) = &self.key_id {
            value["keyid"] = json!(key_id);
        }
        value
    }
}
