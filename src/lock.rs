//! The lock: every reference of a spec, resolved to a digest, with its sizes and the signer that was seen.

mod change;
mod compare;
mod composed;
mod signature;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::reference::ImageRef;
use crate::spec::{API_VERSION, ItemKind};

pub use change::{Change, What};
pub use composed::{LockedAddition, LockedCompose, LockedPart};
pub use signature::{AttestationSeen, CertificateSigner, SignatureSeen, Signer};

/// What a lock file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lock {
    api_version: String,
    kind: String,
    /// The platforms that it was made for.
    pub targets: Vec<String>,
    /// The images and artifacts, sorted by reference.
    pub items: Vec<LockedItem>,
    /// The images that are made from those, sorted by reference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub composed: Vec<LockedCompose>,
    /// The files, sorted by name.
    pub files: Vec<LockedFile>,
}

/// One image or artifact, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedItem {
    /// Upstream's reference.
    #[serde(rename = "ref")]
    pub reference: ImageRef,
    /// Image or artifact.
    pub kind: ItemKind,
    /// The digest of the manifest or index, as upstream publishes it.
    pub digest: Digest,
    /// The digest of the subset index, if the bundle does not carry every platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subset: Option<Digest>,
    /// The platforms in the bundle; empty for an item without platforms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Stored size of all carried blobs, in bytes.
    pub size: u64,
    /// The signatures that it was accepted for, in the order of their forms and signers.
    pub signatures: Vec<SignatureSeen>,
    /// The attestations that its policy demands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<AttestationSeen>,
}

/// One file, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedFile {
    /// The name under which layers refer to it.
    pub name: String,
    /// Where it comes from.
    pub url: String,
    /// Its digest.
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Upstream's list of checksums that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksums: Option<LockedChecksums>,
}

/// A list of checksums, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedChecksums {
    /// Where it comes from.
    pub url: String,
    /// Its digest.
    pub sha256: Digest,
}

/// A lock file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It is not a lock, or one of another version.
    #[error("`{file}` is not a lock of this version: {reason}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Lock {
    /// Makes a lock; items and files are sorted.
    #[must_use]
    pub fn new(targets: Vec<String>, mut items: Vec<LockedItem>, mut files: Vec<LockedFile>) -> Self {
        items.sort_by(|a, b| a.reference.cmp(&b.reference));
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let (api_version, kind) = (API_VERSION.to_owned(), "Lock".to_owned());
        Self { api_version, kind, targets, items, composed: Vec::new(), files }
    }

    /// Returns the lock with images that are made from others; they are sorted.
    #[must_use]
    pub fn with_composed(mut self, mut composed: Vec<LockedCompose>) -> Self {
        composed.sort_by(|a, b| a.reference.cmp(&b.reference));
        self.composed = composed;
        self
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// When the text is not a lock of this version.
    pub fn parse(text: &str, file: &str) -> Result<Self, LockError> {
        let malformed = |reason: String| LockError::Malformed { file: file.to_owned(), reason };
        let lock: Self = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        if lock.api_version != API_VERSION || lock.kind != "Lock" {
            return Err(malformed(format!(
                "expected `{API_VERSION}` `Lock`, found `{}` `{}`",
                lock.api_version, lock.kind
            )));
        }
        Ok(lock)
    }

    /// Returns the text of the lock file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Returns the entry of a reference.
    #[must_use]
    pub fn item(&self, reference: &ImageRef) -> Option<&LockedItem> {
        self.items.iter().find(|item| item.reference == *reference)
    }

    /// Returns the entry of an image that is made from others.
    #[must_use]
    pub fn composed(&self, reference: &ImageRef) -> Option<&LockedCompose> {
        self.composed.iter().find(|composed| composed.reference == *reference)
    }

    /// Returns the entry of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&LockedFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

#[cfg(test)]
mod tests;
