//! What an image was made from, as the lock records it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::reference::ImageRef;

/// One image that is made from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedCompose {
    /// Its name.
    #[serde(rename = "ref")]
    pub reference: ImageRef,
    /// The digest of its index.
    pub digest: Digest,
    /// What it begins with.
    pub base: LockedPart,
    /// What was added, sorted by path.
    pub add: Vec<LockedAddition>,
    /// The platforms that it was made for.
    pub platforms: Vec<String>,
    /// Bytes of all its blobs, the base's among them.
    pub size: u64,
}

/// A file that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedAddition {
    /// Its absolute path in the image.
    pub path: String,
    /// The artifact that it was taken from.
    pub artifact: LockedPart,
}

/// An image or artifact that another was made from, as upstream publishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedPart {
    /// Its reference.
    #[serde(rename = "ref")]
    pub reference: ImageRef,
    /// The digest of its manifest or index.
    pub digest: Digest,
}

impl LockedCompose {
    /// Returns what it is made of, in words that stay the same when a tag moves.
    #[must_use]
    pub fn made_of(&self) -> String {
        let added = self.add.iter().map(|added| format!("{} of {}", added.path, added.artifact.reference));
        std::iter::once(self.base.reference.to_string()).chain(added).collect::<Vec<_>>().join(" and ")
    }
}

impl fmt::Display for LockedCompose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} made of {}@{}", self.digest, self.base.reference, self.base.digest)?;
        self.add.iter().try_for_each(|LockedAddition { path, artifact }| {
            write!(f, ", {path} of {}@{}", artifact.reference, artifact.digest)
        })
    }
}
