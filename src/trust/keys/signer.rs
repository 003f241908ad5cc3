//! The key that signs bundles, and the subset indexes within them.

use std::fmt;

use p256::SecretKey;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::zeroize::Zeroizing;
use p256::pkcs8::der::Decode as _;
use p256::pkcs8::{EncodePrivateKey as _, PrivateKeyInfoRef};

use super::key_file::{self, KeyFileError};
use super::public_key::{PublicKey, algorithm_name, is_p256};

/// A private key: ECDSA on P-256, as `cosign generate-key-pair` makes it.
///
/// It is wiped from memory when it is dropped, and has no readable form but [`SigningKey::to_pem`].
pub struct SigningKey {
    key: p256::ecdsa::SigningKey,
    public: PublicKey,
}

impl SigningKey {
    /// Makes a new key from the randomness of the operating system.
    ///
    /// # Errors
    ///
    /// [`KeyFileError::NoRandomness`] where the operating system gives none.
    pub fn generate() -> Result<Self, KeyFileError> {
        let mut scalar = Zeroizing::new([0; 32]);
        loop {
            key_file::fill_random(&mut *scalar)?;
            // Zero, or not below the order of the group: one draw in 2^32.
            if let Ok(secret) = SecretKey::from_slice(&*scalar) {
                return Self::new(&secret);
            }
        }
    }

    /// Opens a key file of cosign.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] where the text is not such a file, the password does not open it, or it holds a key of another kind.
    pub fn from_pem(text: &str, password: &[u8]) -> Result<Self, KeyFileError> {
        let der = key_file::open(text, password)?;
        let info = PrivateKeyInfoRef::from_der(&der).map_err(|_| KeyFileError::NoKeyInside)?;
        if !is_p256(&info.algorithm) {
            return Err(KeyFileError::OtherAlgorithm { found: algorithm_name(&info.algorithm) });
        }
        let secret = SecretKey::try_from(info).map_err(|_| KeyFileError::NoKeyInside)?;
        Self::new(&secret)
    }

    fn new(secret: &SecretKey) -> Result<Self, KeyFileError> {
        let key = p256::ecdsa::SigningKey::from(secret);
        let public = PublicKey::new(*key.verifying_key()).ok_or(KeyFileError::NoKeyInside)?;
        Ok(Self { key, public })
    }

    /// Returns the key as a file that cosign opens with the same password. Salt and nonce are new each time.
    ///
    /// # Errors
    ///
    /// [`KeyFileError::NoRandomness`] where the operating system gives none for the salt.
    pub fn to_pem(&self, password: &[u8]) -> Result<String, KeyFileError> {
        let der = self.key.to_pkcs8_der().map_err(|_| KeyFileError::NoKeyInside)?;
        key_file::seal(der.as_bytes(), password)
    }

    /// Returns the public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs the SHA-256 of the bytes and returns the signature in DER. The same bytes give the same signature.
    ///
    /// The smaller of the two possible `s` is taken: every verifier takes it, and some take no other.
    // See: RFC 6979 section 3.2
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key.sign(bytes);
        signature.normalize_s().to_der().as_bytes().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_deterministic_and_low() {
        // The key and the message of RFC 6979 appendix A.2.5; its `s` is in the upper half, ours is n - s.
        let secret: Vec<u8> = (0..32)
            .map(|at| {
                let hex = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
                u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()
            })
            .collect();
        let key = SigningKey::new(&SecretKey::from_slice(&secret).unwrap()).unwrap();
        let hex: String = key.sign(b"sample").iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(
            hex,
            "3045022100EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716\
             02200834E36AD29A83BF2BC9385E491D6099C8FDF9D1ED67AA7EA5F51F93782857A9"
        );
    }

    #[test]
    fn a_key_says_nothing_of_itself() {
        let key = SigningKey::generate().unwrap();
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey {{ public: PublicKey({:?}), .. }}", key.public_key().hint())
        );
    }

    #[test]
    fn two_keys_differ() {
        let [one, other] = [SigningKey::generate().unwrap(), SigningKey::generate().unwrap()];
        assert_ne!(one.public_key(), other.public_key());
        assert_eq!(one.public_key().verify(b"x", &one.sign(b"x")), Ok(()));
        assert_eq!(
            other.public_key().verify(b"x", &one.sign(b"x")),
            Err(crate::trust::keys::public_key::BadSignature)
        );
    }
}
