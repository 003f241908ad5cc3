//! The keys that an operator trusts: ECDSA on P-256, the one kind that cosign makes by itself.

use std::fmt;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::der::Decode as _;
use p256::pkcs8::spki::{DecodePublicKey as _, EncodePublicKey as _, SubjectPublicKeyInfoRef};
use p256::pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier};

use super::encoding::to_base64;
use crate::digest::Digest;
use crate::pem::{self, PemError};

const LABEL: &str = "PUBLIC KEY";
const ELLIPTIC_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// The text is not a public key that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// The text is not a PEM block `PUBLIC KEY`.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The key is of another kind.
    #[error("expected an ECDSA P-256 public key, found {found}")]
    OtherAlgorithm {
        /// The kind that was found.
        found: String,
    },
    /// The block does not hold a key, or something follows it.
    #[error("the PEM block `PUBLIC KEY` does not hold a public key")]
    Malformed,
}

/// The signature was not made by this key over these bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature was not made by this key over these bytes")]
pub struct BadSignature;

/// A public key that signatures are checked against.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    der: Vec<u8>,
}

impl PublicKey {
    /// Returns the key in a PEM block `PUBLIC KEY` (SubjectPublicKeyInfo), as cosign and OpenSSL write it.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] where the text is not such a block, or the key is of another algorithm or curve.
    // See: RFC 5480 section 2, RFC 7468 section 13
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        let der = pem::decode(text, LABEL, &[])?;
        let info = SubjectPublicKeyInfoRef::from_der(&der).map_err(|_| PublicKeyError::Malformed)?;
        if !is_p256(&info.algorithm) {
            return Err(PublicKeyError::OtherAlgorithm { found: algorithm_name(&info.algorithm) });
        }
        let key = VerifyingKey::from_public_key_der(&der).map_err(|_| PublicKeyError::Malformed)?;
        Self::new(key).ok_or(PublicKeyError::Malformed)
    }

    /// Wraps a key; `None` where it has no DER form, which no key on the curve is.
    pub(crate) fn new(key: VerifyingKey) -> Option<Self> {
        let der = key.to_public_key_der().ok()?.into_vec();
        Some(Self { key, der })
    }

    /// Returns the key as a PEM block `PUBLIC KEY`.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // An encoded P-256 key has 91 bytes, far below what PEM can hold.
        pem::encode(LABEL, &self.der).unwrap_or_default()
    }

    /// Returns the key as SubjectPublicKeyInfo in DER.
    pub(crate) fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Checks an ECDSA signature over the SHA-256 of the bytes.
    ///
    /// The signature is strict DER. Its `s` may be in either half: Go, and so cosign, does not normalise it.
    ///
    /// # Errors
    ///
    /// When the signature is not DER, or is not by this key over these bytes.
    pub fn verify(&self, bytes: &[u8], der_signature: &[u8]) -> Result<(), BadSignature> {
        let signature = Signature::from_der(der_signature).map_err(|_| BadSignature)?;
        self.key.verify(bytes, &signature).map_err(|_| BadSignature)
    }

    /// Returns the name of the key in signatures: the base64 of the SHA-256 of its SubjectPublicKeyInfo.
    // See: cosign specs/BUNDLE_SPEC.md, "publicKey.hint"
    #[must_use]
    pub fn hint(&self) -> String {
        to_base64(Digest::of(&self.der).bytes())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.hint()).finish()
    }
}

/// Tells whether the algorithm is ECDSA on P-256, named by its curve.
pub(crate) fn is_p256(algorithm: &AlgorithmIdentifierRef<'_>) -> bool {
    algorithm.oid == ELLIPTIC_CURVE && algorithm.parameters_oid() == Ok(P256)
}

/// Returns what people call the algorithm of a key.
// See: RFC 5480 section 2.1.1.1, RFC 8017 appendix A.1, RFC 8410 section 3
pub(crate) fn algorithm_name(algorithm: &AlgorithmIdentifierRef<'_>) -> String {
    let curve = algorithm.parameters_oid().map(|oid| oid.to_string()).unwrap_or_default();
    match (algorithm.oid.to_string().as_str(), curve.as_str()) {
        ("1.2.840.113549.1.1.1", _) => "an RSA key".to_owned(),
        ("1.3.101.112", _) => "an Ed25519 key".to_owned(),
        ("1.2.840.10045.2.1", "1.3.132.0.33") => "an ECDSA P-224 key".to_owned(),
        ("1.2.840.10045.2.1", "1.3.132.0.34") => "an ECDSA P-384 key".to_owned(),
        ("1.2.840.10045.2.1", "1.3.132.0.35") => "an ECDSA P-521 key".to_owned(),
        ("1.2.840.10045.2.1", "1.3.132.0.10") => "an ECDSA secp256k1 key".to_owned(),
        ("1.2.840.10045.2.1", "") => "an elliptic-curve key without a named curve".to_owned(),
        ("1.2.840.10045.2.1", curve) => format!("an elliptic-curve key on `{curve}`"),
        (oid, _) => format!("a key of algorithm `{oid}`"),
    }
}

#[cfg(test)]
mod tests;
