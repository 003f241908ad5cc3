//! What can be wrong with a signature that is stored beside an image.

use serde::Deserialize;

use crate::digest::Digest;
use crate::trust::keys::encoding::excerpt;
use crate::trust::sigstore::keyless::fault::KeylessFault;

/// A signature is not what it has to be. Nothing honest makes one of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Something is larger than it ever is in a signature.
    #[error("the {what} has {found} bytes, at most {limit} are read")]
    TooLarge {
        /// The thing.
        what: &'static str,
        /// The most that is read.
        limit: u64,
        /// Its size.
        found: u64,
    },
    /// Something is not the JSON that it has to be.
    #[error("the {what} cannot be read: {reason}")]
    Malformed {
        /// The thing.
        what: &'static str,
        /// What the JSON reader says.
        reason: String,
    },
    /// A blob that the manifest names was not found.
    #[error("the blob `{digest}` is missing")]
    MissingBlob {
        /// Its digest.
        digest: Digest,
    },
    /// A blob is not the one that the manifest names.
    #[error("expected the blob `{expected}`, found `{found}`")]
    OtherBlob {
        /// The digest that the manifest names.
        expected: Digest,
        /// The digest of the bytes.
        found: Digest,
    },
    /// A blob has another size than the manifest says.
    #[error("expected {expected} bytes in the blob `{digest}`, found {found}")]
    OtherSize {
        /// The blob.
        digest: Digest,
        /// The size that the manifest says.
        expected: u64,
        /// The size of the bytes.
        found: u64,
    },
    /// There are too many of something, or none, or not the one that is due.
    #[error("expected {expected}, found {found}")]
    Count {
        /// What was expected, with its number.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A field has another value than the one that is due.
    #[error("expected {field} `{expected}`, found `{found}`")]
    OtherValue {
        /// The field.
        field: &'static str,
        /// The value that is due.
        expected: String,
        /// The value that was found.
        found: String,
    },
    /// The layer has no signature, or an empty one.
    #[error("the signature is missing or empty")]
    NoSignature,
    /// The signature is not base64, or not the one text that it can be.
    #[error("the signature is not canonical base64")]
    NotBase64,
    /// The signature names a key identity, which cosign never writes.
    #[error("expected a signature without a `keyid`, found `{found}`")]
    KeyIdentity {
        /// The identity.
        found: String,
    },
    /// The signature names one of the policy's keys, but that key did not make it.
    #[error("the signature was not made by the key that it names, `{hint}`")]
    BadSignature {
        /// The name of the key.
        hint: String,
    },
    /// A certificate, a log entry or a timestamp does not prove what it has to.
    #[error(transparent)]
    Keyless(#[from] KeylessFault),
    /// The signature is good, but for another image.
    #[error("the signature is for another image: expected `{expected}`, found `{found}`")]
    OtherSubject {
        /// The image at hand.
        expected: Digest,
        /// The image that was signed.
        found: String,
    },
}

/// Reads JSON that a stranger wrote; `what` names it in the error.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(what: &'static str, bytes: &'de [u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes)
        .map_err(|error| Fault::Malformed { what, reason: excerpt(&error.to_string()) })
}

/// Refuses a field that does not have the value that is due.
pub(crate) fn expect(field: &'static str, expected: &str, found: &str) -> Result<(), Fault> {
    if found == expected {
        return Ok(());
    }
    Err(Fault::OtherValue { field, expected: expected.to_owned(), found: excerpt(found) })
}
