//! The signature of a bundle: a Sigstore bundle over the exact bytes of its index, in a slot of fixed size.
//!
//! The public `cosign verify-blob --bundle` reads the same bytes. The slot is filled up with spaces, so signing again moves nothing
//! else in the file. Nothing in the slot can change unnoticed: the key's name and the digest are compared, and only spaces may follow.
//!
//! Refused, each with its own error: see [`BundleSignatureError`].

mod error;

use super::encoding::{Base64, excerpt};
use super::public_key::PublicKey;
use super::signer::SigningKey;
use super::sigstore_bundle::{
    Bundle, Header, KeyHint, MEDIA_TYPE, MEDIA_TYPES, Material, MessageDigest, MessageSignature,
};
use super::verified::Verified;
use crate::digest::Digest;

pub use error::BundleSignatureError;

/// The size of the slot that the signature has in a bundle, in bytes.
pub const SLOT: usize = 16 * 1024;

const ALGORITHM: &str = "SHA2_256";

/// The signature of a bundle, read but not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSignature {
    hint: String,
    digest: Digest,
    signature: Vec<u8>,
}

/// Bytes, and the key that signed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBytes<'a> {
    bytes: &'a [u8],
    hint: String,
}

impl<'a> SignedBytes<'a> {
    /// Returns the bytes that were signed.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the name of the key, as [`PublicKey::hint`] gives it.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl BundleSignature {
    /// Signs the bytes. The same key and bytes give the same signature.
    #[must_use]
    pub fn sign(key: &SigningKey, bytes: &[u8]) -> Self {
        Self { hint: key.public_key().hint(), digest: Digest::of(bytes), signature: key.sign(bytes) }
    }

    /// Returns the signature as the JSON of a Sigstore bundle, followed by spaces up to the size of the slot.
    ///
    /// # Errors
    ///
    /// [`BundleSignatureError::TooLarge`] where the JSON does not fit into the slot.
    // See: cosign specs/BUNDLE_SPEC.md
    pub fn padded(&self, slot: usize) -> Result<Vec<u8>, BundleSignatureError> {
        let mut json = serde_json::to_vec(&self.to_bundle())
            .map_err(|error| BundleSignatureError::Malformed { reason: error.to_string() })?;
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
    /// [`BundleSignatureError`] where the slot is empty, or holds anything but one Sigstore bundle by a key, and spaces.
    pub fn parse(slot: &[u8]) -> Result<Self, BundleSignatureError> {
        if slot.len() > SLOT {
            return Err(BundleSignatureError::TooLarge { slot: SLOT, found: slot.len() });
        }
        let json = without_padding(slot)?;
        let header: Header = from_json(json)?;
        if !MEDIA_TYPES.contains(&header.media_type.as_str()) {
            return Err(BundleSignatureError::UnknownMediaType { found: excerpt(&header.media_type) });
        }
        Self::from_bundle(from_json(json)?)
    }

    /// Checks that one of the keys signed exactly these bytes.
    ///
    /// # Errors
    ///
    /// [`BundleSignatureError`] where it is over other bytes, by another key, or wrong.
    pub fn verify<'a>(
        &self,
        bytes: &'a [u8],
        keys: &[PublicKey],
    ) -> Result<Verified<SignedBytes<'a>>, BundleSignatureError> {
        if keys.is_empty() {
            return Err(BundleSignatureError::NoKeys);
        }
        let expected = Digest::of(bytes);
        if self.digest != expected {
            return Err(BundleSignatureError::DigestMismatch { expected, found: self.digest });
        }
        let hint = self.hint.clone();
        let key = keys.iter().find(|key| key.hint() == hint).ok_or_else(|| self.other_key(keys))?;
        match key.verify(bytes, &self.signature) {
            Ok(()) => Ok(Verified::new(SignedBytes { bytes, hint })),
            Err(_) => Err(BundleSignatureError::BadSignature { hint }),
        }
    }

    /// Returns the name of the key that the signature says it is by. It proves nothing.
    #[must_use]
    pub fn claimed_hint(&self) -> &str {
        &self.hint
    }

    fn other_key(&self, keys: &[PublicKey]) -> BundleSignatureError {
        let expected: Vec<_> = keys.iter().map(PublicKey::hint).collect();
        BundleSignatureError::OtherKey { expected: expected.join("`, `"), found: excerpt(&self.hint) }
    }

    fn to_bundle(&self) -> Bundle {
        let digest = Base64(self.digest.bytes().to_vec());
        Bundle {
            media_type: MEDIA_TYPE.to_owned(),
            verification_material: Material {
                public_key: Some(KeyHint { hint: self.hint.clone() }),
                ..Material::default()
            },
            message_signature: Some(MessageSignature {
                message_digest: MessageDigest { algorithm: ALGORITHM.to_owned(), digest },
                signature: Base64(self.signature.clone()),
            }),
            dsse_envelope: None,
        }
    }

    fn from_bundle(bundle: Bundle) -> Result<Self, BundleSignatureError> {
        let material = bundle.verification_material;
        if let Some(found) = material.keyless_field() {
            return Err(BundleSignatureError::Keyless { found });
        }
        let hint = material.public_key.ok_or(BundleSignatureError::NoKeyNamed)?.hint;
        let message = match (bundle.message_signature, bundle.dsse_envelope) {
            (Some(message), None) => message,
            (Some(_), Some(_)) => return Err(BundleSignatureError::NotOverBytes { found: "two signatures" }),
            (None, Some(_)) => return Err(BundleSignatureError::NotOverBytes { found: "a `dsseEnvelope`" }),
            (None, None) => return Err(BundleSignatureError::NotOverBytes { found: "nothing" }),
        };
        let digest = message_digest(&message.message_digest)?;
        if message.signature.0.is_empty() {
            return Err(BundleSignatureError::EmptySignature);
        }
        Ok(Self { hint, digest, signature: message.signature.0 })
    }
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
    if slot.iter().all(|byte| *byte == b' ') {
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

fn from_json<'de, T: serde::Deserialize<'de>>(json: &'de [u8]) -> Result<T, BundleSignatureError> {
    serde_json::from_slice(json)
        .map_err(|error| BundleSignatureError::Malformed { reason: error.to_string() })
}

#[cfg(test)]
mod tests;
