//! What can be wrong with the signature of a bundle.

use super::ALGORITHM;
use crate::digest::Digest;
use crate::trust::sigstore_bundle::MEDIA_TYPE;

/// The signature of a bundle cannot be read, does not fit, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleSignatureError {
    /// The slot is empty: the bundle was never signed.
    #[error("the bundle is not signed")]
    Absent,
    /// The text is longer than the slot.
    #[error("the bundle's signature has {found} bytes, its slot only {slot}")]
    TooLarge {
        /// The size of the slot.
        slot: usize,
        /// The length of the text.
        found: usize,
    },
    /// The text is not the JSON of a Sigstore bundle.
    #[error("the bundle's signature is not a Sigstore bundle: {reason}")]
    Malformed {
        /// What the JSON reader says, or which field is wrong.
        reason: String,
    },
    /// Something other than spaces follows the JSON.
    #[error("the bundle's signature is followed by something other than spaces, at byte {at}")]
    TrailingData {
        /// Where it starts.
        at: usize,
    },
    /// The Sigstore bundle is of an unknown version.
    #[error("expected a bundle signature of media type `{MEDIA_TYPE}`, found `{found}`")]
    UnknownMediaType {
        /// The media type that was found.
        found: String,
    },
    /// The signature was made with a certificate, or is logged.
    #[error("keyless signature of a bundle: not supported yet (found `{found}`)")]
    Keyless {
        /// The field that says so.
        found: &'static str,
    },
    /// The Sigstore bundle names no public key.
    #[error("the bundle's signature names no public key")]
    NoKeyNamed,
    /// The Sigstore bundle signs a statement, not bytes.
    #[error("expected a bundle signature with a `messageSignature`, found {found}")]
    NotOverBytes {
        /// What it has instead.
        found: &'static str,
    },
    /// The signature is there, and empty.
    #[error("the bundle's signature is empty")]
    EmptySignature,
    /// The bytes were hashed with something else.
    #[error("expected a bundle signature over `{ALGORITHM}`, found `{found}`")]
    OtherAlgorithm {
        /// The algorithm that was found.
        found: String,
    },
    /// No key was given to check against.
    #[error("no public key was given to check the bundle's signature against")]
    NoKeys,
    /// The signature is over other bytes.
    #[error("the bundle's signature is over other bytes: expected `{expected}`, found `{found}`")]
    DigestMismatch {
        /// The digest of the bytes at hand.
        expected: Digest,
        /// The digest that was signed.
        found: Digest,
    },
    /// The signature is by a key that was not given.
    #[error("the bundle is signed by another key: expected `{expected}`, found `{found}`")]
    OtherKey {
        /// The names of the keys that were given.
        expected: String,
        /// The name of the key that the signature gives.
        found: String,
    },
    /// The signature names one of the given keys, but that key did not make it.
    #[error("the bundle's signature was not made by the key that it names, `{hint}`")]
    BadSignature {
        /// The name of the key.
        hint: String,
    },
}
