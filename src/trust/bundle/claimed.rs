//! Whose a signature says it is, before or without a proof.

use std::fmt;

use serde::Serialize;

use crate::lock::Signer;
use crate::trust::keys::encoding::excerpt;
use crate::trust::sigstore::claims::Claims;

/// Whose a signature says it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claimed {
    /// That of a key, by its name: base64 of the SHA-256 of its SubjectPublicKeyInfo.
    Key(String),
    /// The holder of a certificate.
    Certificate {
        /// The certificate's subject.
        identity: String,
        /// The issuer that the certificate names.
        issuer: String,
    },
}

/// A signature by another signer than those given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetAside {
    /// The slot that it is in.
    pub slot: String,
    /// Whose it says it is.
    pub by: Claimed,
    /// Whether that was proved: a certificate that holds against the trusted root.
    pub verified: bool,
}

impl Claimed {
    pub(crate) fn of(claims: &Claims) -> Self {
        Self::Certificate { identity: claims.subject.clone(), issuer: claims.issuer.clone() }
    }

    /// Returns whom a signature was found to be by, without when and where it was logged.
    #[must_use]
    pub fn by(signer: &Signer) -> Self {
        match signer {
            Signer::Key(hint) => Self::Key(hint.clone()),
            Signer::Certificate(signer) => {
                Self::Certificate { identity: signer.identity.clone(), issuer: signer.issuer.clone() }
            }
        }
    }
}

impl fmt::Display for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(hint) => write!(f, "`{}`", excerpt(hint)),
            Self::Certificate { identity, issuer } => {
                write!(f, "`{}` of `{}`", excerpt(identity), excerpt(issuer))
            }
        }
    }
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proof = if self.verified { "" } else { " (not verified)" };
        write!(f, "also signed by {}{proof}, not asked for", self.by)
    }
}
