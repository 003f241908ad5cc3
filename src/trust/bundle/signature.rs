//! One signature of a bundle, read but not checked.

use super::claimed::Claimed;
use super::error::{ALGORITHM, BundleSignatureError};
use super::shape;
use crate::digest::Digest;
use crate::trust::keys::encoding::{excerpt, to_base64};
use crate::trust::keys::signer::SigningKey;
use crate::trust::sigstore::keyless;
use crate::trust::sigstore::keyless::certificate::Leaf;
use crate::trust::sigstore::sigstore_bundle::{
    Bundle, Header, MEDIA_TYPE, MEDIA_TYPES, Material, MessageDigest,
};

/// The size of the slot that a signature has in a bundle, in bytes.
pub const SLOT: usize = 16 * 1024;

/// A signature of a bundle, read but not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSignature {
    pub(super) json: Vec<u8>,
    pub(super) claimed: Claimed,
    pub(super) digest: Digest,
    pub(super) signature: Vec<u8>,
    /// In DER; `None` where a key signed.
    pub(super) certificate: Option<Vec<u8>>,
    /// Whether there is a log entry or a timestamp beside a key's signature.
    pub(super) is_witnessed: bool,
}

impl BundleSignature {
    /// Signs the bytes. The same key and bytes give the same signature.
    // See: cosign specs/BUNDLE_SPEC.md
    #[must_use]
    pub fn sign(key: &SigningKey, bytes: &[u8]) -> Self {
        let (hint, digest, signature) = (key.public_key().hint(), Digest::of(bytes), key.sign(bytes));
        let (digest_text, text) = (to_base64(digest.bytes()), to_base64(&signature));
        // Base64 needs no escapes in JSON.
        let json = format!(
            r#"{{"mediaType":"{MEDIA_TYPE}","verificationMaterial":{{"publicKey":{{"hint":"{hint}"}}}},"messageSignature":{{"messageDigest":{{"algorithm":"{ALGORITHM}","digest":"{digest_text}"}},"signature":"{text}"}}}}"#
        );
        let (json, claimed) = (json.into_bytes(), Claimed::Key(hint));
        Self { json, claimed, digest, signature, certificate: None, is_witnessed: false }
    }

    /// Returns the JSON of the Sigstore bundle, followed by spaces up to the size of the slot.
    ///
    /// # Errors
    ///
    /// [`BundleSignatureError::TooLarge`] where the JSON does not fit into the slot.
    pub fn padded(&self, slot: usize) -> Result<Vec<u8>, BundleSignatureError> {
        let mut json = self.json.clone();
        if json.len() > slot {
            return Err(BundleSignatureError::TooLarge { slot, found: json.len() });
        }
        json.resize(slot, b' ');
        Ok(json)
    }

    /// Reads the content of a slot. Nothing is checked but the shape.
    ///
    /// # Errors
    ///
    /// [`BundleSignatureError`] where the slot is empty, or holds anything but one Sigstore bundle over bytes, and spaces.
    pub fn parse(slot: &[u8]) -> Result<Self, BundleSignatureError> {
        if slot.len() > SLOT {
            return Err(BundleSignatureError::TooLarge { slot: SLOT, found: slot.len() });
        }
        let json = without_padding(slot)?;
        let header: Header = from_json(json)?;
        if !MEDIA_TYPES.contains(&header.media_type.as_str()) {
            return Err(BundleSignatureError::UnknownMediaType { found: excerpt(&header.media_type) });
        }
        Self::from_bundle(from_json(json)?, json)
    }

    /// Returns whose the signature says it is. It proves nothing.
    #[must_use]
    pub fn claimed(&self) -> &Claimed {
        &self.claimed
    }

    /// Compares the digest that was signed with that of the bytes. It proves nothing yet.
    ///
    /// # Errors
    ///
    /// [`BundleSignatureError::DigestMismatch`] where the signature is over other bytes.
    pub fn check_digest(&self, bytes: &[u8]) -> Result<(), BundleSignatureError> {
        let (expected, found) = (Digest::of(bytes), self.digest);
        if found == expected { Ok(()) } else { Err(BundleSignatureError::DigestMismatch { expected, found }) }
    }

    fn from_bundle(bundle: Bundle, json: &[u8]) -> Result<Self, BundleSignatureError> {
        let material = bundle.verification_material;
        if material.signers() != 1 {
            return Err(BundleSignatureError::Signers { found: material.signers() });
        }
        let message = match (bundle.message_signature, bundle.dsse_envelope) {
            (Some(message), None) => message,
            (Some(_), Some(_)) => return Err(BundleSignatureError::NotOverBytes { found: "two signatures" }),
            (None, Some(_)) => return Err(BundleSignatureError::NotOverBytes { found: "a `dsseEnvelope`" }),
            (None, None) => return Err(BundleSignatureError::NotOverBytes { found: "nothing" }),
        };
        let (digest, signature) = (message_digest(&message.message_digest)?, message.signature.0);
        if signature.is_empty() {
            return Err(BundleSignatureError::EmptySignature);
        }
        let (claimed, certificate) = holder(&material)?;
        let is_witnessed = certificate.is_none() && material.is_witnessed();
        let json = json.to_vec();
        let read = Self { json, claimed, digest, signature, certificate, is_witnessed };
        if read.certificate.is_some() || is_witnessed {
            let _shape: shape::Shape = from_json(&read.json)?;
            read.for_library()?;
        }
        Ok(read)
    }

    /// Returns the same bundle as the library for keyless signatures reads it.
    pub(super) fn for_library(&self) -> Result<sigstore_verify::types::Bundle, BundleSignatureError> {
        keyless::parse(&self.json)
            .map_err(|fault| BundleSignatureError::Malformed { reason: fault.to_string() })
    }
}

/// Returns who is named as the holder, and the certificate that names it.
fn holder(material: &Material) -> Result<(Claimed, Option<Vec<u8>>), BundleSignatureError> {
    if let Some(named) = &material.public_key {
        return Ok((Claimed::Key(named.hint.clone()), None));
    }
    let der = material.signing_certificate().unwrap_or_default();
    let leaf =
        Leaf::parse(der).map_err(|fault| BundleSignatureError::Malformed { reason: fault.to_string() })?;
    Ok((Claimed::of(leaf.claims()), Some(der.to_vec())))
}

fn message_digest(found: &MessageDigest) -> Result<Digest, BundleSignatureError> {
    if found.algorithm != ALGORITHM {
        return Err(BundleSignatureError::OtherAlgorithm { found: excerpt(&found.algorithm) });
    }
    let hex: String = found.digest.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}").parse().map_err(|_| BundleSignatureError::Malformed {
        reason: format!("expected a digest of 32 bytes, found {}", found.digest.0.len()),
    })
}

/// Returns the JSON at the start of the slot, where nothing but spaces follows it.
fn without_padding(slot: &[u8]) -> Result<&[u8], BundleSignatureError> {
    if is_empty(slot) {
        return Err(BundleSignatureError::Absent);
    }
    let mut values = serde_json::Deserializer::from_slice(slot).into_iter::<serde::de::IgnoredAny>();
    if let Some(Err(error)) = values.next() {
        return Err(BundleSignatureError::Malformed { reason: error.to_string() });
    }
    let (json, padding) = slot.split_at(values.byte_offset().min(slot.len()));
    match padding.iter().position(|byte| *byte != b' ') {
        Some(at) => Err(BundleSignatureError::TrailingData { at: json.len() + at }),
        None => Ok(json),
    }
}

/// Tells whether a slot holds nothing but spaces.
#[must_use]
pub fn is_empty(slot: &[u8]) -> bool {
    slot.iter().all(|byte| *byte == b' ')
}

fn from_json<'de, T: serde::Deserialize<'de>>(json: &'de [u8]) -> Result<T, BundleSignatureError> {
    serde_json::from_slice(json)
        .map_err(|error| BundleSignatureError::Malformed { reason: excerpt(&error.to_string()) })
}
