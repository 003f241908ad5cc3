//! What was found to prove an image, as the lock records it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

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

/// The signature that was seen, as the lock records it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case")]
pub enum SignatureSeen {
    /// A Sigstore bundle, stored as a referrer.
    SigstoreBundle {
        /// Who signed.
        signer: Signer,
    },
    /// A layer of the `.sig` manifest.
    SimpleSigning {
        /// Who signed.
        signer: Signer,
    },
    /// None, and the policy says why that is accepted.
    Unsigned {
        /// The reason that the policy gives.
        reason: String,
    },
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// A public key, by its name: see [`super::PublicKey::hint`].
    Key(String),
    /// A certificate, and the log that saw its use.
    Certificate(CertificateSigner),
}

/// Who signed with a certificate, and where that can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateSigner {
    /// The certificate's subject.
    pub identity: String,
    /// Who vouched for it.
    pub issuer: String,
    /// The transparency log, in hexadecimal.
    pub log_id: String,
    /// The index of the entry in the log.
    pub log_index: u64,
    /// The earliest proven time of the signature, in RFC 3339: the log's own, or that of a timestamp authority.
    pub time: String,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(hint) => write!(f, "`{hint}`"),
            Self::Certificate(signer) => write!(f, "`{}` of `{}`", signer.identity, signer.issuer),
        }
    }
}
