//! What was found to prove an image or artifact, as the lock records it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A signature that was seen: its form, and who made it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case", deny_unknown_fields)]
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
    /// A layer of the `.att` manifest.
    AttestationTag {
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
    /// A public key, by its name: base64 of the SHA-256 of its SubjectPublicKeyInfo, as cosign writes it.
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
    /// The issuer that the certificate names.
    pub issuer: String,
    /// The transparency log, in hexadecimal.
    pub log_id: String,
    /// The index of the entry in the log.
    pub log_index: u64,
    /// The earliest proven time of the signature, in RFC 3339: the log's own, or that of a timestamp authority.
    pub time: String,
}

/// An attestation that was seen: what it says, and who says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttestationSeen {
    /// The type of its predicate: `https://slsa.dev/provenance/v1`.
    pub predicate_type: String,
    /// The signature over it.
    pub signature: SignatureSeen,
}

impl SignatureSeen {
    /// Returns the signer; `None` if it is unsigned.
    #[must_use]
    pub fn signer(&self) -> Option<&Signer> {
        match self {
            Self::SigstoreBundle { signer }
            | Self::SimpleSigning { signer }
            | Self::AttestationTag { signer } => Some(signer),
            Self::Unsigned { .. } => None,
        }
    }

    /// Returns what the form is called.
    #[must_use]
    pub fn form(&self) -> &'static str {
        match self {
            Self::SigstoreBundle { .. } => "Sigstore bundle",
            Self::SimpleSigning { .. } => "signature tag",
            Self::AttestationTag { .. } => "attestation tag",
            Self::Unsigned { .. } => "unsigned",
        }
    }

    /// Returns the identity or the key, in words that stay the same when the same signer signs again.
    #[must_use]
    pub fn by(&self) -> String {
        self.signer().map_or_else(|| "none".to_owned(), Signer::to_string)
    }
}

impl fmt::Display for SignatureSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Unsigned { reason } = self {
            return write!(f, "no signature ({reason})");
        }
        write!(f, "{} by {}", self.form(), self.by())?;
        if let Some(Signer::Certificate(signer)) = self.signer() {
            write!(f, ", entry {} of log {}, {}", signer.log_index, signer.log_id, signer.time)?;
        }
        Ok(())
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(hint) => write!(f, "`{hint}`"),
            Self::Certificate(signer) => write!(f, "`{}` of `{}`", signer.identity, signer.issuer),
        }
    }
}
