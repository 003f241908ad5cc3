//! Why an image is not trusted.

use super::fault::Fault;
use crate::digest::Digest;

/// An image has no signature that its policy asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The requirement, or a part of it, names no signer.
    #[error("no public key or identity was given to check the signature of `{subject}` against")]
    NoSigner {
        /// The image.
        subject: Digest,
    },
    /// All of several signatories are asked for, and one of them is named twice.
    #[error("{signatory} is asked for twice of `{subject}`: one signature would be enough for both")]
    Repeated {
        /// The image.
        subject: Digest,
        /// Who is named twice.
        signatory: String,
    },
    /// A certificate is asked for, but there is nothing to check it against.
    #[error("no trusted root was given to check the keyless signature of `{subject}` against")]
    NoTrustedRoot {
        /// The image.
        subject: Digest,
    },
    /// Nothing at all was found beside the image.
    #[error("`{subject}` carries no {what}")]
    Unsigned {
        /// The image.
        subject: Digest,
        /// What is asked for.
        what: String,
    },
    /// There is something beside the image, but not what is asked for.
    #[error("`{subject}` carries no {what} by {expected}, only {found}")]
    NotAsRequired {
        /// The image.
        subject: Digest,
        /// What is asked for.
        what: String,
        /// Those of whom it is asked and who did not sign.
        expected: String,
        /// What there is.
        found: String,
    },
    /// One of the signatures is bad.
    #[error("`{subject}` carries a bad signature, in the manifest `{manifest}`")]
    Bad {
        /// The image.
        subject: Digest,
        /// The manifest that holds the signature.
        manifest: Digest,
        /// What is wrong with it.
        source: Box<Fault>,
    },
    /// More referrers are listed than anybody makes.
    #[error("`{subject}` has {found} referrers, at most {limit} are read")]
    TooManyReferrers {
        /// The image.
        subject: Digest,
        /// The most that are read.
        limit: usize,
        /// How many there are.
        found: usize,
    },
}

impl TrustError {
    /// Tells whether another trusted root could make it good: the one in use does not know the signature's log or authority.
    #[must_use]
    pub fn is_of_another_root(&self) -> bool {
        let Self::Bad { source, .. } = self else { return false };
        matches!(&**source, Fault::Keyless(fault) if fault.is_of_another_root())
    }
}
