//! What can be wrong with one signature of a bundle.

use crate::digest::Digest;
use crate::trust::sigstore::keyless::fault::KeylessFault;
use crate::trust::sigstore::sigstore_bundle::MEDIA_TYPE;

/// The only digest algorithm of a signature.
pub(super) const ALGORITHM: &str = "SHA2_256";

/// A signature of a bundle cannot be read, does not fit, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleSignatureError {
    /// There is nothing but spaces.
    #[error("there is no signature")]
    Absent,
    /// The text is longer than the slot.
    #[error("the signature has {found} bytes, its slot only {slot}")]
    TooLarge {
        /// The size of the slot.
        slot: usize,
        /// The length of the text.
        found: usize,
    },
    /// The text is not the JSON of a Sigstore bundle.
    #[error("the signature is not a Sigstore bundle: {reason}")]
    Malformed {
        /// What the JSON reader says, or which field is wrong.
        reason: String,
    },
    /// Something other than spaces follows the JSON.
    #[error("the signature is followed by something other than spaces, at byte {at}")]
    TrailingData {
        /// Where it starts.
        at: usize,
    },
    /// The Sigstore bundle is of an unknown version.
    #[error("expected a signature of media type `{MEDIA_TYPE}`, found `{found}`")]
    UnknownMediaType {
        /// The media type that was found.
        found: String,
    },
    /// The Sigstore bundle names no signer, or several.
    #[error("expected a signature with 1 key or certificate, found {found}")]
    Signers {
        /// How many it names.
        found: usize,
    },
    /// The Sigstore bundle signs a statement, not bytes.
    #[error("expected a signature with a `messageSignature`, found {found}")]
    NotOverBytes {
        /// What it has instead.
        found: &'static str,
    },
    /// The signature is there, and empty.
    #[error("the signature is empty")]
    EmptySignature,
    /// The bytes were hashed with something else.
    #[error("expected a signature over `{ALGORITHM}`, found `{found}`")]
    OtherAlgorithm {
        /// The algorithm that was found.
        found: String,
    },
    /// The signature is over other bytes.
    #[error("the signature is over other bytes: expected `{expected}`, found `{found}`")]
    DigestMismatch {
        /// The digest of the bytes at hand.
        expected: Digest,
        /// The digest that was signed.
        found: Digest,
    },
    /// The signature names one of the given keys, but that key did not make it.
    #[error("the signature was not made by the key that it names, `{hint}`")]
    BadSignature {
        /// The name of the key.
        hint: String,
    },
    /// One of the given keys made the signature, but another key is named.
    #[error("expected the signature to name the key that made it, `{expected}`, found {found}")]
    OtherName {
        /// The name of the key that made it.
        expected: String,
        /// The name that the signature gives.
        found: String,
    },
    /// A certificate, log entry or timestamp proves nothing.
    #[error("the signature by {by} does not hold")]
    Unproved {
        /// Whose it says it is.
        by: String,
        /// What is wrong.
        source: KeylessFault,
    },
}
