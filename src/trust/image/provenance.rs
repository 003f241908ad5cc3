//! What was found to prove an image.

use crate::digest::Digest;
use crate::lock::SignatureSeen;

/// An image, and how it was found to be trustworthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The digest of the manifest or index.
    pub subject: Digest,
    /// The signature that was seen.
    pub signature: SignatureSeen,
    /// The others that the requirement asks for, in order; empty where one is enough.
    pub further: Vec<SignatureSeen>,
}

impl Provenance {
    /// Returns all signatures that were needed.
    #[must_use]
    pub fn signatures(&self) -> Vec<SignatureSeen> {
        [&self.signature].into_iter().chain(&self.further).cloned().collect()
    }
}
