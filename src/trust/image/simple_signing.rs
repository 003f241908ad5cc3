//! Cosign's older form, read: a manifest at the tag `sha256-<hex>.sig`, one layer a signature.
//!
//! The layer's bytes are what was signed; the signature is an annotation. The reference in the payload is not compared:
//! an image keeps its signature when it moves to another registry, and that is what this tool is for.
//! A payload is parsed only after its signature holds.
// See: cosign specs/SIGNATURE_SPEC.md, containers/image docs/containers-signature.5.md

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fault::{Fault, expect, from_json};
use super::judgement::Judgement;
use super::layer::{self, SIMPLE_SIGNING};
use super::requirement::Question;
use crate::digest::Digest;
use crate::lock::{SignatureSeen, Signer};
use crate::oci::{Descriptor, Evidence};
use crate::trust::keys::encoding::{excerpt, from_base64};
use crate::trust::sigstore::keyless;
use crate::trust::sigstore::keyless::certificate::Leaf;
use crate::trust::sigstore::keyless::legacy::{LegacyContent, LegacySignature, certificate_of};
use crate::trust::sigstore::signatory::Signatory;

pub(crate) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
pub(crate) const PAYLOAD_TYPE: &str = "cosign container image signature";
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
pub(crate) fn judge<'a>(stored: &Evidence, question: &Question<'a>) -> Result<Vec<Judgement<'a>>, Fault> {
    let layers = &stored.manifest.document.layers;
    if layers.is_empty() || layers.len() > LAYER_LIMIT {
        return Err(Fault::Count { expected: "1 to 256 signatures", found: layers.len() });
    }
    layers.iter().map(|layer| judge_layer(stored, layer, question)).collect()
}

fn judge_layer<'a>(
    stored: &Evidence,
    layer: &Descriptor,
    question: &Question<'a>,
) -> Result<Judgement<'a>, Fault> {
    expect("layer type", SIMPLE_SIGNING, &layer.media_type)?;
    let text = layer.annotations.get(SIGNATURE).filter(|text| !text.is_empty()).ok_or(Fault::NoSignature)?;
    let signature = from_base64(text).ok_or(Fault::NotBase64)?;
    let payload = layer::payload(stored, layer)?;
    if let Some(key) = question.signer_of(payload, &signature) {
        check(&from_json("payload", payload)?, question.subject)?;
        let seen = SignatureSeen::SimpleSigning { signer: Signer::Key(key.hint()) };
        return Ok(Judgement::Signed { seen, by: vec![Signatory::Key(key)] });
    }
    // A signature in this form does not name its key: another's and an altered one look the same.
    let Some(certificate) = certificate_of(&layer.annotations) else {
        return Ok(Judgement::SetAside("a signature by an unknown key".to_owned()));
    };
    let content = LegacyContent::Payload { payload, signature: &signature };
    let legacy = LegacySignature { content, annotations: &layer.annotations };
    match certificate.and_then(|der| Leaf::parse(&der).map(|leaf| (der, leaf))) {
        Ok((der, leaf)) => judge_keyless(&legacy, payload, &der, &leaf, question),
        Err(fault) => Ok(Judgement::SetAside(format!("a keyless signature{}", fault.of_no_subject()))),
    }
}

fn judge_keyless<'a>(
    legacy: &LegacySignature<'_>,
    payload: &[u8],
    certificate: &[u8],
    leaf: &Leaf,
    question: &Question<'a>,
) -> Result<Judgement<'a>, Fault> {
    let Some((root, by)) = question.accepting(leaf.claims()) else {
        let found = format!("a keyless signature by {}", question.stranger(leaf.claims()));
        return Ok(Judgement::SetAside(found));
    };
    let signer = keyless::verify(&legacy.to_bundle(certificate)?, leaf, payload, root)?;
    check(&from_json("payload", payload)?, question.subject)?;
    let seen = SignatureSeen::SimpleSigning { signer: Signer::Certificate(signer) };
    Ok(Judgement::Signed { seen, by })
}

fn check(payload: &Payload, subject: Digest) -> Result<(), Fault> {
    expect("payload type", PAYLOAD_TYPE, &payload.critical.r#type)?;
    let found = &payload.critical.image.docker_manifest_digest;
    if *found != subject.to_string() {
        return Err(Fault::OtherSubject { expected: subject, found: excerpt(found) });
    }
    Ok(())
}
