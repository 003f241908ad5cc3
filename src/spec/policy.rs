//! Who must have signed an image or artifact, and what must be said of it.

pub(super) mod file;
pub(super) mod identity;
pub(super) mod pattern;

use identity::Identity;

/// The verification policy of one image or artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Who must have signed it.
    pub signed: Signed,
    /// What must be said of it besides.
    pub attestations: Vec<Attestation>,
}

/// Who must have signed an image or artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// No signature: it is pinned by its digest in the lock.
    Unsigned {
        /// Why that is accepted.
        reason: String,
    },
    /// These.
    By(Signers),
}

/// Those who must have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signers {
    /// The holder of this key: the PEM of a `PUBLIC KEY`.
    Key(String),
    /// The holder of a certificate for this identity.
    Keyless(Identity),
    /// All of these.
    AllOf(Vec<Signers>),
    /// Any of these.
    AnyOf(Vec<Signers>),
}

/// Something that must be said of an image or artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The type of its predicate: `https://slsa.dev/provenance/v1`.
    pub predicate_type: String,
    /// Who must say it.
    pub by: Signers,
}

impl Policy {
    /// Tells whether a trusted root is needed to judge by this policy.
    #[must_use]
    pub fn is_keyless(&self) -> bool {
        let signed = match &self.signed {
            Signed::Unsigned { .. } => false,
            Signed::By(signers) => signers.are_keyless(),
        };
        signed || self.attestations.iter().any(|attestation| attestation.by.are_keyless())
    }
}

impl Signers {
    fn are_keyless(&self) -> bool {
        match self {
            Self::Key(_) => false,
            Self::Keyless(_) => true,
            Self::AllOf(all) | Self::AnyOf(all) => all.iter().any(Self::are_keyless),
        }
    }
}
