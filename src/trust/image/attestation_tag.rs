//! Cosign's older form of an attestation, read: a manifest at the tag `sha256-<hex>.att`, one layer an attestation.
//!
//! The layer's bytes are an envelope with a statement; certificate and log entry are annotations. Only statements are found here, never
//! the signature of an image. What the annotations say of the predicate's type is not signed, and so not looked at.
// See: cosign specs/ATTESTATION_SPEC.md

use super::dsse::{Certified, check_signatures, judge_statement, signed_bytes};
use super::fault::{Fault, from_json};
use super::judgement::Judgement;
use super::layer::{self, ENVELOPE};
use super::requirement::Question;
use crate::lock::{SignatureSeen, Signer};
use crate::oci::{Descriptor, Evidence};
use crate::trust::sigstore::keyless::certificate::Leaf;
use crate::trust::sigstore::keyless::legacy::{LegacyContent, LegacySignature, certificate_of};
use crate::trust::sigstore::sigstore_bundle::Envelope;

const LAYER_LIMIT: usize = 256;

/// Judges every attestation of an `.att` manifest.
pub(crate) fn judge<'a>(stored: &Evidence, question: &Question<'a>) -> Result<Vec<Judgement<'a>>, Fault> {
    let layers = &stored.manifest.document.layers;
    if layers.is_empty() || layers.len() > LAYER_LIMIT {
        return Err(Fault::Count { expected: "1 to 256 attestations", found: layers.len() });
    }
    layers.iter().map(|layer| judge_layer(stored, layer, question)).collect()
}

fn judge_layer<'a>(
    stored: &Evidence,
    layer: &Descriptor,
    question: &Question<'a>,
) -> Result<Judgement<'a>, Fault> {
    if layer.media_type != ENVELOPE {
        return Ok(Judgement::SetAside("an attestation that is not in an envelope".to_owned()));
    }
    if layer::is_too_large_for_a_signature(layer) {
        return Ok(Judgement::SetAside("an attestation that is too large to be read".to_owned()));
    }
    let bytes = layer::blob(stored, layer)?;
    let envelope: Envelope = from_json("envelope", bytes)?;
    let signed = signed_bytes(&envelope.payload_type, &envelope.payload.0);
    // How strangers sign is theirs; what is meant for us is looked at more closely below.
    let signature = check_signatures(&envelope).ok();
    if let Some(key) = signature.and_then(|signature| question.signer_of(&signed, signature)) {
        return judge_statement(&envelope, key, question, form);
    }
    let Some(certificate) = certificate_of(&layer.annotations) else {
        return Ok(Judgement::SetAside("an attestation by an unknown key".to_owned()));
    };
    match certificate.and_then(|der| Leaf::parse(&der).map(|leaf| (der, leaf))) {
        Ok((der, leaf)) => {
            let content = LegacyContent::Envelope { envelope: &envelope, bytes };
            let legacy = LegacySignature { content, annotations: &layer.annotations };
            let certified = Certified { envelope: &envelope, leaf: &leaf, form };
            certified.judge(question, || legacy.to_bundle(&der))
        }
        Err(fault) => Ok(Judgement::SetAside(format!("a keyless attestation{}", fault.of_no_subject()))),
    }
}

fn form(signer: Signer) -> SignatureSeen {
    SignatureSeen::AttestationTag { signer }
}
