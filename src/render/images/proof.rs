//! How a node can tell that an image is genuine before it runs it.

use serde::Serialize;

/// What a node can check an image against. A rule of a node is for a repository, whatever the tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "by")]
pub enum Proof {
    /// A signature by a key, which needs nothing but the registry.
    Key {
        /// The public key (PEM).
        pem: String,
    },
    /// A signature by a certificate. To judge it a node needs the root of the Sigstore that issued it.
    Certificate {
        /// The OIDC issuer of the identity.
        issuer: String,
        /// The identity.
        subject: String,
    },
    /// Nothing: the digest in the manifests is what holds it.
    None {
        /// Why.
        reason: String,
    },
}

impl Proof {
    /// Returns what holds for two images of one repository.
    pub(in crate::render) fn and(&self, other: &Self) -> Self {
        if self == other {
            return self.clone();
        }
        let reason = "its images are not all signed by the same, and one rule is for all of them";
        Self::None { reason: reason.to_owned() }
    }
}
