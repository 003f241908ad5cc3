//! Private keys that are the same on every start, in the algorithms of the public-good Sigstore.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use p256::ecdsa::signature::Signer as _;
use sha2::{Digest as _, Sha256, Sha384};

use super::der;

/// A private key. Its signatures are deterministic: RFC 6979, or Ed25519.
#[derive(Debug, Clone)]
pub struct Key {
    kind: Kind,
    seed: [u8; 32],
}

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ECDSA on P-256 with SHA-256.
    P256,
    /// ECDSA on P-384 with SHA-384.
    P384,
    /// Ed25519.
    Ed25519,
}

impl Key {
    /// Makes the key that belongs to a name.
    #[must_use]
    pub fn of(kind: Kind, name: &str) -> Self {
        Self { kind, seed: sha256(format!("a key for tests: {name}").as_bytes()) }
    }

    /// Returns what kind of key it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    fn p256(&self) -> p256::ecdsa::SigningKey {
        p256::ecdsa::SigningKey::from_slice(&self.seed).expect("a scalar below the order")
    }

    fn p384(&self) -> p384::ecdsa::SigningKey {
        let mut scalar = Sha384::digest(self.seed);
        // The order begins with 192 ones: this keeps the number below it.
        scalar[0] &= 0x7f;
        p384::ecdsa::SigningKey::from_slice(&scalar).expect("a scalar below the order")
    }

    fn ed25519(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.seed).expect("any seed will do")
    }

    /// Signs bytes; ECDSA signatures are in DER.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        match self.kind {
            Kind::P256 => {
                let signature: p256::ecdsa::Signature = self.p256().sign(bytes);
                signature.to_der().as_bytes().to_vec()
            }
            Kind::P384 => {
                let signature: p384::ecdsa::Signature = self.p384().sign(bytes);
                signature.to_der().as_bytes().to_vec()
            }
            Kind::Ed25519 => self.ed25519().sign(bytes).as_ref().to_vec(),
        }
    }

    /// Returns the bare public key: an uncompressed point, or Ed25519's 32 bytes.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        match self.kind {
            Kind::P256 => self.p256().verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Kind::P384 => self.p384().verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Kind::Ed25519 => self.ed25519().public_key().as_ref().to_vec(),
        }
    }

    /// Returns the public key as SubjectPublicKeyInfo.
    // See: RFC 5480 section 2, RFC 8410 section 4
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        let algorithm = match self.kind {
            Kind::P256 => vec![der::oid("1.2.840.10045.2.1"), der::oid("1.2.840.10045.3.1.7")],
            Kind::P384 => vec![der::oid("1.2.840.10045.2.1"), der::oid("1.3.132.0.34")],
            Kind::Ed25519 => vec![der::oid("1.3.101.112")],
        };
        der::sequence(&[der::sequence(&algorithm), der::bits(&self.public())])
    }

    /// Returns the signatures' AlgorithmIdentifier.
    // See: RFC 5758 section 3.2, RFC 8410 section 3
    #[must_use]
    pub fn algorithm(&self) -> Vec<u8> {
        let oid = match self.kind {
            Kind::P256 => "1.2.840.10045.4.3.2",
            Kind::P384 => "1.2.840.10045.4.3.3",
            Kind::Ed25519 => "1.3.101.112",
        };
        der::sequence(&[der::oid(oid)])
    }

    /// Returns Sigstore's name of the algorithm.
    // See: sigstore/protobuf-specs protos/sigstore_common.proto, PublicKeyDetails
    #[must_use]
    pub fn details(&self) -> &'static str {
        match self.kind {
            Kind::P256 => "PKIX_ECDSA_P256_SHA_256",
            Kind::P384 => "PKIX_ECDSA_P384_SHA_384",
            Kind::Ed25519 => "PKIX_ED25519",
        }
    }

    /// Returns the SHA-256 of the SubjectPublicKeyInfo, by which logs are known.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        sha256(&self.spki())
    }
}

/// Returns a SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
