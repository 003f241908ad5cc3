//! Cosign's older form, read: a manifest at the tag `sha256-<hex>.sig`, one layer a signature.
//!
//! The layer's bytes are what was signed; the signature is an annotation. The reference in the payload is not compared:
//! an image keeps its signature when it moves to another registry, and that is what this tool is for.
//! A payload is parsed only after its signature holds.
// See: cosign specs/SIGNATURE_SPEC.md, containers/image docs/containers-signature.5.md

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::cosign::{Judgement, SignatureSeen, Signer};
use super::encoding::{excerpt, from_base64};
use super::evidence::{Layer, Manifest, SIMPLE_SIGNING, Stored, from_json};
use super::fault::Fault;
use super::public_key::{PublicKey, signer_of};
use crate::digest::Digest;

pub(super) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
pub(super) const PAYLOAD_TYPE: &str = "cosign container image signature";
const LAYER_LIMIT: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    critical: Critical,
    /// Whatever the signer adds; it is signed, but means nothing here.
    #[serde(default, rename = "optional")]
    _optional: Option<IgnoredAny>,
}

/// A reader that does not know a field in here must refuse the signature.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Critical {
    #[serde(rename = "identity")]
    _identity: Identity,
    image: Image,
    r#type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Identity {
    #[serde(rename = "docker-reference")]
    _docker_reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Image {
    docker_manifest_digest: String,
}

/// Judges every signature of a `.sig` manifest.
pub(super) fn judge(stored: &Stored, subject: Digest, keys: &[PublicKey]) -> Result<Vec<Judgement>, Fault> {
    let layers = Manifest::parse(&stored.manifest)?.layers;
    if layers.is_empty() || layers.len() > LAYER_LIMIT {
        return Err(Fault::Count { expected: "1 to 256 signatures", found: layers.len() });
    }
    layers.iter().map(|layer| judge_layer(stored, layer, subject, keys)).collect()
}

fn judge_layer(
    stored: &Stored,
    layer: &Layer,
    subject: Digest,
    keys: &[PublicKey],
) -> Result<Judgement, Fault> {
    expect("layer type", SIMPLE_SIGNING, &layer.media_type)?;
    let text = layer.annotations.get(SIGNATURE).filter(|text| !text.is_empty()).ok_or(Fault::NoSignature)?;
    let signature = from_base64(text).ok_or(Fault::NotBase64)?;
    let payload = stored.payload(layer)?;
    let Some(key) = signer_of(payload, &signature, keys) else {
        // A signature in this form does not name its key: another's and an altered one look the same.
        let keyless = layer.annotations.contains_key(CERTIFICATE);
        let found = if keyless { "a keyless signature" } else { "a signature by an unknown key" };
        return Ok(Judgement::SetAside(found.to_owned()));
    };
    check(&from_json("payload", payload)?, subject)?;
    Ok(Judgement::Signed(SignatureSeen::SimpleSigning { signer: Signer::Key(key.hint()) }))
}

fn check(payload: &Payload, subject: Digest) -> Result<(), Fault> {
    expect("payload type", PAYLOAD_TYPE, &payload.critical.r#type)?;
    let found = &payload.critical.image.docker_manifest_digest;
    if *found != subject.to_string() {
        return Err(Fault::OtherSubject { expected: subject, found: excerpt(found) });
    }
    Ok(())
}

/// Refuses a field that does not have the value that is due.
pub(super) fn expect(field: &'static str, expected: &str, found: &str) -> Result<(), Fault> {
    if found == expected {
        return Ok(());
    }
    Err(Fault::OtherValue { field, expected: expected.to_owned(), found: excerpt(found) })
}
