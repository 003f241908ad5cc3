//! Why one image, artifact or file of a bundle cannot be used.

use crate::compose::ComposeError;
use crate::digest::Digest;
use crate::fetch::ChecksumsError;
use crate::reference::ImageRef;
use crate::registry::RegistryError;
use crate::resolve::ResolveError;
use crate::trust::{PolicyError, PublicKeyError, TrustError};

/// Why one entry cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// It cannot be resolved.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It is not signed as its policy demands.
    #[error("`{reference}` does not meet its policy")]
    Trust {
        /// The reference.
        reference: String,
        /// Why.
        source: TrustError,
    },
    /// It is not what the bundle's own lock says.
    #[error("`{reference}` is not what its lock says: expected {what} `{expected}`, found `{found}`")]
    NotAsLocked {
        /// The reference.
        reference: String,
        /// What is different.
        what: &'static str,
        /// What the lock says, or leads to.
        expected: String,
        /// What was found.
        found: String,
    },
    /// What is proved about it is not what the bundle's own lock records.
    #[error("`{reference}`: the lock records {expected}, the bundle proves {found}")]
    NotAsRecorded {
        /// The reference.
        reference: String,
        /// What the lock records.
        expected: String,
        /// What is proved.
        found: String,
    },
    /// Spec, lock and content of a bundle do not say the same.
    #[error("{what} is in the bundle, but {reason}")]
    Contradiction {
        /// The entry or file.
        what: String,
        /// What says something else.
        reason: &'static str,
    },
    /// It cannot be made from its parts.
    #[error("`{reference}` cannot be composed")]
    Compose {
        /// The image that is to be made.
        reference: String,
        /// Why.
        source: ComposeError,
    },
    /// A part of an image that is to be made cannot be fetched.
    #[error("`{reference}` cannot be composed")]
    Part {
        /// The image that is to be made.
        reference: String,
        /// Why.
        source: RegistryError,
    },
    /// A key of its policy is no key.
    #[error("the policy of `{reference}` holds a key that cannot be used")]
    Key {
        /// The reference.
        reference: String,
        /// Why.
        source: PublicKeyError,
    },
    /// It is on the deny list.
    #[error("`{reference}` is denied: {reason} ({source_of})")]
    Denied {
        /// The reference.
        reference: String,
        /// Why it is on the list.
        reason: String,
        /// Where that is written.
        source_of: String,
    },
    /// Upstream's list of checksums says nothing of a file.
    #[error("the checksums of file `{name}` cannot be used")]
    Checksums {
        /// The file's name.
        name: String,
        /// Why.
        source: ChecksumsError,
    },
    /// A file is not what upstream's list of checksums says.
    #[error("file `{name}` is not what upstream lists: expected checksum `{expected}`, found `{found}`")]
    Checksum {
        /// The file's name.
        name: String,
        /// The digest in the list.
        expected: Digest,
        /// The digest of the file.
        found: Digest,
    },
    /// A file is larger than what is held in memory.
    #[error("file `{name}` has more than {limit} bytes, the most for a file that is not `large`")]
    LargeFile {
        /// The file's name.
        name: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file cannot be had.
    #[error("failed to fetch file `{name}`")]
    File {
        /// The file's name.
        name: String,
        /// Why.
        source: RegistryError,
    },
}

impl EntryError {
    /// Returns the error for an entry that spec, lock and content do not agree on.
    pub(in crate::ops) fn contradiction(what: String, reason: &'static str) -> Self {
        Self::Contradiction { what, reason }
    }

    /// Returns the error for an entry that does not meet its policy.
    pub(in crate::ops) fn policy(reference: &ImageRef, error: PolicyError) -> Self {
        let reference = reference.to_string();
        match error {
            PolicyError::Trust(source) => Self::Trust { reference, source },
            PolicyError::Key(source) => Self::Key { reference, source },
        }
    }

    /// Returns whether the entry is refused, rather than not found out.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::Resolve(error) => error.is_refusal(),
            Self::Trust { .. }
            | Self::NotAsLocked { .. }
            | Self::NotAsRecorded { .. }
            | Self::Contradiction { .. }
            | Self::Checksums { .. }
            | Self::Checksum { .. }
            | Self::LargeFile { .. }
            | Self::Denied { .. } => true,
            Self::Key { .. } => false,
            Self::Compose { source, .. } => source.is_refusal(),
            Self::File { source, .. } | Self::Part { source, .. } => source.is_refusal(),
        }
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Resolve(error) => error.hint(),
            Self::Trust { source, .. } if source.is_of_another_root() => Some(
                "the trusted root in use does not know who signed: give the root of that Sigstore with --trusted-root FILE, or a newer one of the public Sigstore; without one, do not take this content"
                    .to_owned(),
            ),
            Self::Trust { .. } => Some(
                "do not take this content; if upstream changed its signer, change the policy in the spec"
                    .to_owned(),
            ),
            Self::NotAsLocked { .. } | Self::NotAsRecorded { .. } | Self::Contradiction { .. } => Some(
                "do not use this bundle: its signer did not build it with this program".to_owned(),
            ),
            Self::Checksums { .. } => Some(
                "check `checksums` in the spec: it has to name the file as its address does, in the form of `sha256sum`"
                    .to_owned(),
            ),
            Self::Checksum { .. } => Some(
                "do not take this file: upstream's own list has another checksum for its name".to_owned(),
            ),
            Self::LargeFile { .. } => Some(
                "add `large: true` to the file in the spec: it is then stored uncompressed, and no layer can read it"
                    .to_owned(),
            ),
            Self::Denied { .. } => Some("choose a version that is not on the deny list".to_owned()),
            Self::Key { .. } => Some(
                "write the PEM of an ECDSA P-256 public key, as cosign writes it into `cosign.pub`"
                    .to_owned(),
            ),
            Self::File { source: RegistryError::NotFound { .. }, .. } => {
                Some("check the address of the file in the spec".to_owned())
            }
            Self::Compose { source, .. } => source.hint().map(str::to_owned),
            Self::File { source, .. } | Self::Part { source, .. } => source.hint(),
        }
    }
}
