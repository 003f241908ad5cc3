//! Why a bundle's signatures are not enough.

use super::error::BundleSignatureError;

/// A bundle is not signed as it has to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleRefusal {
    /// Every slot is empty: the bundle was never signed.
    #[error("the bundle is not signed")]
    Unsigned,
    /// One of the slots holds something bad, whatever the others hold.
    #[error("the bundle's signature `{slot}` was refused")]
    Slot {
        /// The slot.
        slot: String,
        /// Why.
        source: Box<BundleSignatureError>,
    },
    /// Fewer than asked for have signed.
    #[error(
        "expected the bundle to be signed by {}, found {}",
        expected(*threshold, asked),
        signatures(found, others)
    )]
    TooFew {
        /// How many have to.
        threshold: usize,
        /// Who was given.
        asked: Vec<String>,
        /// Who of them signed.
        found: Vec<String>,
        /// Who else signed.
        others: Vec<String>,
    },
}

impl BundleRefusal {
    pub(crate) fn slot(slot: &str, source: BundleSignatureError) -> Self {
        Self::Slot { slot: slot.to_owned(), source: Box::new(source) }
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unsigned => {
                "ask the sender for a signed bundle; `--insecure-unsigned` accepts this one unproven"
            }
            Self::Slot { source, .. } => match **source {
                BundleSignatureError::Unproved { .. } => {
                    "give the trusted root of the Sigstore that signed with --trusted-root; if that is the one it is checked against, do not use this file"
                }
                _ => "copy the file again and compare its sha256 with the sender's; do not use this copy",
            },
            Self::TooFew { .. } => {
                "check that --key or --certificate-identity is the sender's; if it is, do not use this file"
            }
        }
    }
}

fn expected(threshold: usize, asked: &[String]) -> String {
    let all = asked.join(", ");
    match asked.len() {
        1 => all,
        _ => format!("{threshold} of {all}"),
    }
}

fn signatures(found: &[String], others: &[String]) -> String {
    let found = match found.len() {
        0 => "none".to_owned(),
        count => format!("{count}: {}", found.join(", ")),
    };
    [&[found], others].concat().join("; ")
}
