//! What is different between two locks.

use std::fmt;

use serde::Serialize;

/// One thing that is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The reference, the file's name, or `targets`.
    pub name: String,
    /// What is different about it.
    pub what: What,
    /// What it was, where it was something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it is now, where it is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What can be different about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The platforms of the lock.
    Targets,
    /// The entry is new.
    New,
    /// The entry is gone.
    Gone,
    /// It has another digest.
    Digest,
    /// It has another signer.
    Signer,
    /// The same signer, but the signature is stored in another form.
    Form,
    /// Other attestations, or another signer of them.
    Attestations,
    /// The same signer in the same form, but another entry of the log.
    SignedAgain,
    /// Another reason why it is accepted unsigned.
    Reason,
    /// Other platforms of it are carried.
    Platforms,
    /// An image that is made from others has another digest.
    Composed,
    /// It is made from others than before.
    MadeOf,
    /// It has another size.
    Size,
    /// A file comes from another address.
    Address,
    /// Another list of checksums names a file, or the same says something else of other files.
    Checksums,
    /// The bundle has another name or version.
    Version,
}

impl Change {
    pub(super) fn new(name: &str, what: What, from: Option<String>, to: Option<String>) -> Self {
        Self { name: name.to_owned(), what, from, to }
    }

    /// Returns a change between two texts, where they differ.
    #[must_use]
    pub fn between(name: &str, what: What, from: Option<&str>, to: Option<&str>) -> Option<Self> {
        (from != to).then(|| Self::new(name, what, from.map(str::to_owned), to.map(str::to_owned)))
    }

    /// Tells whether an entry came or went.
    #[must_use]
    pub fn is_growth(&self) -> bool {
        matches!(self.what, What::New | What::Gone)
    }

    /// Tells whether it only follows from other changes, or from what the spec says now: what is made from others was never
    /// taken from anybody.
    #[must_use]
    pub fn is_consequence(&self) -> bool {
        matches!(self.what, What::Composed | What::MadeOf)
    }

    /// Returns whether nothing that was trusted changed: same content, same signer.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        matches!(self.what, What::SignedAgain | What::Reason)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::New => return write!(f, "{}: new, {}", self.name, self.to.as_deref().unwrap_or_default()),
            What::Gone => return write!(f, "{}: gone", self.name),
            What::Targets | What::Digest | What::Composed | What::Version => "",
            What::MadeOf => "made of ",
            What::Signer => "signer ",
            What::Form => "form ",
            What::Attestations => "attestations ",
            What::SignedAgain => "signed again ",
            What::Reason => "reason ",
            What::Platforms => "platforms ",
            What::Size => "size ",
            What::Address => "address ",
            What::Checksums => "checksums ",
        };
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
        write!(f, "{}: {what}{} → {}", self.name, side(&self.from), side(&self.to))
    }
}
