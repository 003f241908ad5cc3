//! Cosign's newer form, read: a Sigstore bundle that is stored as a referrer of the image, with a statement in a DSSE envelope.
//!
//! Attestations are stored in the same way, by anyone. They differ from signatures by the statement's predicate type. By a key, the
//! statement is parsed only after the envelope's signature holds. By certificate, type and subject are looked at first: what is not asked for
//! is set aside unverified, for it can neither help nor harm. The manifest's annotations, artifact type and subject are not signed,
//! and so not looked at.
// See: cosign specs/BUNDLE_SPEC.md, secure-systems-lab/dsse protocol.md, in-toto attestation spec/v1

use sigstore_verify::types::Sha256Hash;

use super::fault::{Fault, expect, from_json};
use super::judgement::Judgement;
use super::layer;
use super::requirement::Question;
use super::statement::{self, IN_TOTO};
use crate::lock::{SignatureSeen, Signer};
use crate::oci::{Descriptor, Evidence};
use crate::trust::keys::encoding::excerpt;
use crate::trust::keys::public_key::PublicKey;
use crate::trust::sigstore::keyless;
use crate::trust::sigstore::keyless::certificate::Leaf;
use crate::trust::sigstore::keyless::fault::KeylessFault;
use crate::trust::sigstore::signatory::Signatory;
use crate::trust::sigstore::sigstore_bundle::{Bundle, Envelope, Header, MEDIA_TYPES};

/// Judges one referrer of the image.
pub(crate) fn judge<'a>(stored: &Evidence, question: &Question<'a>) -> Result<Judgement<'a>, Fault> {
    let document = &stored.manifest.document;
    let Some(layer) = bundle_layer(&document.layers)? else {
        let found = document.artifact_type.as_deref().unwrap_or("unknown");
        return Ok(Judgement::SetAside(format!("an artifact of type `{}`", excerpt(found))));
    };
    if layer::is_too_large_for_a_signature(layer) {
        return Ok(Judgement::SetAside("an attestation that is too large for a signature".to_owned()));
    }
    let blob = layer::blob(stored, layer)?;
    let header: Header = from_json("bundle", blob)?;
    if !MEDIA_TYPES.contains(&header.media_type.as_str()) {
        let found = format!("a bundle of the unknown type `{}`", excerpt(&header.media_type));
        return Ok(Judgement::SetAside(found));
    }
    judge_bundle(from_json("bundle", blob)?, blob, question)
}

fn bundle_layer(layers: &[Descriptor]) -> Result<Option<&Descriptor>, Fault> {
    if !layers.iter().any(layer::is_sigstore_bundle) {
        return Ok(None);
    }
    match layers {
        [layer] => Ok(Some(layer)),
        layers => Err(Fault::Count { expected: "1 layer beside a Sigstore bundle", found: layers.len() }),
    }
}

fn judge_bundle<'a>(bundle: Bundle, json: &[u8], question: &Question<'a>) -> Result<Judgement<'a>, Fault> {
    let (material, envelope) = (&bundle.verification_material, &bundle.dsse_envelope);
    if material.signers() > 1 {
        return Err(Fault::Count { expected: "1 key or certificate of a bundle", found: material.signers() });
    }
    let envelope = match (envelope, &bundle.message_signature) {
        (Some(envelope), None) => envelope,
        (Some(_), Some(_)) => return Err(Fault::Count { expected: "1 content of a bundle", found: 2 }),
        (None, _) => return Ok(Judgement::SetAside("a signature without a statement".to_owned())),
    };
    if let Some(named) = &material.public_key {
        return judge_by_key(envelope, &named.hint, question);
    }
    match Leaf::parse(material.signing_certificate().unwrap_or_default()) {
        Ok(leaf) => {
            let signed =
                Certified { envelope, leaf: &leaf, form: |signer| SignatureSeen::SigstoreBundle { signer } };
            signed.judge(question, || keyless::parse(json))
        }
        Err(fault) => {
            let found = format!("a keyless signature or attestation{}", fault.of_no_subject());
            Ok(Judgement::SetAside(found))
        }
    }
}

fn judge_by_key<'a>(
    envelope: &Envelope,
    hint: &str,
    question: &Question<'a>,
) -> Result<Judgement<'a>, Fault> {
    match open(envelope, hint, question) {
        Ok(key) => {
            judge_statement(envelope, key, question, |signer| SignatureSeen::SigstoreBundle { signer })
        }
        // A signature that names one of our keys has to be made by it. What others sign, and how, is theirs.
        Err(fault) if question.names_key(hint) => Err(fault),
        Err(_) => {
            let found = format!("a signature or attestation by `{}`", excerpt(hint));
            Ok(Judgement::SetAside(found))
        }
    }
}

/// An envelope that was signed by certificate.
pub(crate) struct Certified<'e> {
    pub envelope: &'e Envelope,
    pub leaf: &'e Leaf,
    /// The form that the signature is stored in.
    pub form: fn(Signer) -> SignatureSeen,
}

impl Certified<'_> {
    /// Judges it; the bundle to be verified is asked for only where the certificate is for one of ours.
    pub(crate) fn judge<'a>(
        &self,
        question: &Question<'a>,
        bundle: impl FnOnce() -> Result<keyless::Bundle, KeylessFault>,
    ) -> Result<Judgement<'a>, Fault> {
        let Some((root, by)) = question.accepting(self.leaf.claims()) else {
            let stranger = question.stranger(self.leaf.claims());
            return Ok(Judgement::SetAside(format!("a keyless signature or attestation by {stranger}")));
        };
        let payload = &self.envelope.payload.0;
        if let Ok(found) = statement::predicate_type(payload)
            && found != question.predicate_type
        {
            return Ok(Judgement::SetAside(question.other_statement(&found)));
        }
        check_signatures(self.envelope)?;
        expect("payload type", IN_TOTO, &self.envelope.payload_type)?;
        statement::check(payload, question.predicate_type, question.subject)?;
        let digest = Sha256Hash::new(*question.subject.bytes());
        let signer = keyless::verify(&bundle()?, self.leaf, digest, root)?;
        Ok(Judgement::Signed { seen: (self.form)(Signer::Certificate(signer)), by })
    }
}

/// Returns the key that signed the envelope.
fn open<'a>(envelope: &Envelope, hint: &str, question: &Question<'a>) -> Result<&'a PublicKey, Fault> {
    let signature = check_signatures(envelope)?;
    let signed = signed_bytes(&envelope.payload_type, &envelope.payload.0);
    question.signer_of(&signed, signature).ok_or_else(|| Fault::BadSignature { hint: excerpt(hint) })
}

/// Returns the one signature of an envelope.
pub(crate) fn check_signatures(envelope: &Envelope) -> Result<&[u8], Fault> {
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
    Ok(&signature.sig.0)
}

/// Returns the bytes that an envelope's signature is over.
// See: secure-systems-lab/dsse protocol.md, "Signature Definition" (PAE)
pub(crate) fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let header = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [header.as_bytes(), payload].concat()
}

/// Judges what the holder of a key says in an envelope.
pub(crate) fn judge_statement<'a>(
    envelope: &Envelope,
    key: &'a PublicKey,
    question: &Question<'a>,
    form: fn(Signer) -> SignatureSeen,
) -> Result<Judgement<'a>, Fault> {
    let payload = &envelope.payload.0;
    expect("payload type", IN_TOTO, &envelope.payload_type)?;
    let found = statement::predicate_type(payload)?;
    if found != question.predicate_type {
        return Ok(Judgement::SetAside(question.other_statement(&found)));
    }
    statement::check(payload, question.predicate_type, question.subject)?;
    Ok(Judgement::Signed { seen: form(Signer::Key(key.hint())), by: vec![Signatory::Key(key)] })
}
