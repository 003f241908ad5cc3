//! Cosign's newer form, read: a Sigstore bundle that is stored as a referrer of the image, with a statement in a DSSE envelope.
//!
//! Attestations are stored in the same way, by anyone. They are told from signatures by the statement's predicate type, and the
//! statement is parsed only after the envelope's signature holds. The manifest's annotations, artifact type and subject are not
//! signed, and so not looked at.
// See: cosign specs/BUNDLE_SPEC.md, secure-systems-lab/dsse protocol.md, in-toto attestation spec/v1

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::cosign::{Judgement, SignatureSeen, Signer};
use super::encoding::excerpt;
use super::evidence::{Layer, Manifest, Stored, from_json};
use super::fault::Fault;
use super::public_key::{PublicKey, signer_of};
use super::sigstore_bundle::{Bundle, Envelope, Header, MEDIA_TYPES};
use super::simple_signing::expect;
use crate::digest::Digest;

const IN_TOTO: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const SIGNATURE_PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";

/// The one field of a statement that says what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatementHeader {
    predicate_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    _predicate_type: String,
    #[serde(default, rename = "predicate")]
    _predicate: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Subject {
    digest: BTreeMap<String, String>,
}

/// Judges one referrer of the image.
pub(super) fn judge(stored: &Stored, subject: Digest, keys: &[PublicKey]) -> Result<Judgement, Fault> {
    let manifest = Manifest::parse(&stored.manifest)?;
    let Some(layer) = bundle_layer(&manifest)? else {
        let found = manifest.artifact_type.as_deref().unwrap_or("unknown");
        return Ok(Judgement::SetAside(format!("an artifact of type `{}`", excerpt(found))));
    };
    if layer.is_too_large_for_a_signature() {
        return Ok(Judgement::SetAside("an attestation that is too large for a signature".to_owned()));
    }
    let blob = stored.blob(layer)?;
    let header: Header = from_json("bundle", blob)?;
    if !MEDIA_TYPES.contains(&header.media_type.as_str()) {
        let found = format!("a bundle of the unknown type `{}`", excerpt(&header.media_type));
        return Ok(Judgement::SetAside(found));
    }
    judge_bundle(from_json("bundle", blob)?, subject, keys)
}

fn bundle_layer(manifest: &Manifest) -> Result<Option<&Layer>, Fault> {
    if !manifest.layers.iter().any(Layer::is_sigstore_bundle) {
        return Ok(None);
    }
    match manifest.layers.as_slice() {
        [layer] => Ok(Some(layer)),
        layers => Err(Fault::Count { expected: "1 layer beside a Sigstore bundle", found: layers.len() }),
    }
}

fn judge_bundle(bundle: Bundle, subject: Digest, keys: &[PublicKey]) -> Result<Judgement, Fault> {
    let Some(named) = bundle.verification_material.public_key else {
        return Ok(Judgement::SetAside("a keyless signature or attestation".to_owned()));
    };
    let envelope = match (bundle.dsse_envelope, bundle.message_signature) {
        (Some(envelope), None) => envelope,
        (Some(_), Some(_)) => return Err(Fault::Count { expected: "1 content of a bundle", found: 2 }),
        (None, _) => return Ok(Judgement::SetAside("a signature without a statement".to_owned())),
    };
    match open(&envelope, &named.hint, keys) {
        Ok(key) => judge_statement(&envelope, subject, key),
        // Whoever names one of our keys has to have it. What others sign, and how, is theirs.
        Err(fault) if keys.iter().any(|key| key.hint() == named.hint) => Err(fault),
        Err(_) => {
            let found = format!("a signature or attestation by `{}`", excerpt(&named.hint));
            Ok(Judgement::SetAside(found))
        }
    }
}

/// Returns the key that signed the envelope.
fn open<'a>(envelope: &Envelope, hint: &str, keys: &'a [PublicKey]) -> Result<&'a PublicKey, Fault> {
    let [signature] = envelope.signatures.as_slice() else {
        return Err(Fault::Count {
            expected: "1 signature in an envelope",
            found: envelope.signatures.len(),
        });
    };
    if !signature.keyid.is_empty() {
        return Err(Fault::KeyIdentity { found: excerpt(&signature.keyid) });
    }
    if signature.sig.0.is_empty() {
        return Err(Fault::NoSignature);
    }
    let signed = signed_bytes(&envelope.payload_type, &envelope.payload.0);
    signer_of(&signed, &signature.sig.0, keys).ok_or_else(|| Fault::BadSignature { hint: excerpt(hint) })
}

/// Returns the bytes that an envelope's signature is over.
// See: secure-systems-lab/dsse protocol.md, "Signature Definition" (PAE)
fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let header = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [header.as_bytes(), payload].concat()
}

fn judge_statement(envelope: &Envelope, subject: Digest, key: &PublicKey) -> Result<Judgement, Fault> {
    expect("payload type", IN_TOTO, &envelope.payload_type)?;
    let header: StatementHeader = from_json("statement", &envelope.payload.0)?;
    if header.predicate_type != SIGNATURE_PREDICATE {
        let found = format!("an attestation of type `{}`", excerpt(&header.predicate_type));
        return Ok(Judgement::SetAside(found));
    }
    check(&from_json("statement", &envelope.payload.0)?, subject)?;
    Ok(Judgement::Signed(SignatureSeen::SigstoreBundle { signer: Signer::Key(key.hint()) }))
}

fn check(statement: &Statement, expected: Digest) -> Result<(), Fault> {
    expect("statement type", STATEMENT, &statement.kind)?;
    let [subject] = statement.subject.as_slice() else {
        return Err(Fault::Count { expected: "1 subject in a statement", found: statement.subject.len() });
    };
    let found = subject.digest.get("sha256").map_or("", String::as_str);
    if found != expected.hex() {
        return Err(Fault::OtherSubject { expected, found: format!("sha256:{}", excerpt(found)) });
    }
    Ok(())
}
