//! Why a bundle cannot be signed.

use crate::trust::BundleSignatureError;

/// A signature cannot be put into a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Every slot holds another signer's signature.
    #[error("no slot is free: all {slots} hold signatures, by {}", by.join(", "))]
    Full {
        /// How many slots there are.
        slots: usize,
        /// Who has signed.
        by: Vec<String>,
    },
    /// What a slot holds has every command refuse the bundle, so nothing can be put beside it.
    #[error("cannot keep the bundle's signature `{slot}`")]
    Bad {
        /// The slot.
        slot: String,
        /// What is wrong with it.
        source: BundleSignatureError,
    },
    /// A signature that was made elsewhere is not one of this bundle.
    #[error("cannot attach the signature `{name}`")]
    Attachment {
        /// Its file.
        name: String,
        /// What is wrong with it.
        source: BundleSignatureError,
    },
    /// A signature does not fit into its slot.
    #[error("the signature cannot be stored")]
    Unfit(#[source] BundleSignatureError),
}

impl SignError {
    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Full { .. } | Self::Bad { .. } => {
                "sign without --add: that replaces all signatures that are there"
            }
            Self::Attachment { source: BundleSignatureError::Unproved { .. }, .. } => {
                "give the trusted root of the Sigstore that signed with --trusted-root"
            }
            Self::Attachment { source: BundleSignatureError::TooLarge { .. }, .. } => {
                "leave out what is not needed: `cosign sign-blob` writes about 10 KiB"
            }
            Self::Attachment { .. } => {
                "sign this bundle's index: `tar -xOf FILE index.json > index.json`, then `cosign sign-blob --bundle SIG.json index.json`"
            }
            Self::Unfit(_) => return None,
        };
        Some(text.to_owned())
    }
}
