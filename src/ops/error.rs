//! Every error of a command, what it means for the exit code, and what to do next.

use std::path::PathBuf;

use super::sign::SignError;
use crate::archive::ArchiveError;
use crate::cluster::InstallFailure;
use crate::compose::ComposeError;
use crate::digest::Digest;
use crate::fetch::ChecksumsError;
use crate::lock::{Change, LockError};
use crate::output::OutputError;
use crate::registry::RegistryError;
use crate::registry::push::PushError;
use crate::render::RenderErrors;
use crate::report::Finding;
use crate::resolve::ResolveError;
use crate::spec::Faults;
use crate::trust::{KeyFileError, PublicKeyError, TrustError, TrustedRootError};

/// A command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// A file that a person wrote has faults.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// A file cannot be read or written.
    #[error("failed to {verb} `{}`", path.display())]
    Io {
        /// What was tried: "read", "write".
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is needed is larger than anything of its kind may be.
    #[error("`{}` has {found} bytes, more than the limit of {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        found: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The lock cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The lock does not fit the spec, or what upstream has now.
    #[error("the lock `{}` is out of date:\n  {}", path.display(), changes.iter().map(Change::to_string).collect::<Vec<_>>().join("\n  "))]
    LockOutdated {
        /// The lock.
        path: PathBuf,
        /// What differs.
        changes: Vec<Change>,
    },
    /// References could not be resolved or verified.
    #[error("{} of the bundle's entries cannot be taken", .0.len())]
    Entries(Vec<EntryError>),
    /// A registry did not do what was asked.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A push was refused or is not complete.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The bundle file is not as it must be.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// An output is refused, or cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The layers cannot be rendered for a site.
    #[error("`{site}` cannot be rendered for {platform}")]
    Render {
        /// The site file.
        site: String,
        /// The platform.
        platform: &'static str,
        /// Every fault.
        source: RenderErrors,
    },
    /// A site's registry has no room for everything that travels.
    #[error("what travels cannot all be pushed for `{site}`")]
    Site {
        /// The site file.
        site: String,
        /// Why.
        source: PushError,
    },
    /// A private key cannot be used.
    #[error("the key `{}` cannot be used", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: KeyFileError,
    },
    /// A public key cannot be used.
    #[error("the public key `{name}` cannot be used")]
    PublicKey {
        /// The file, or the policy that holds it.
        name: String,
        /// Why.
        source: PublicKeyError,
    },
    /// A trusted root cannot be used.
    #[error("the trusted root `{name}` cannot be used")]
    TrustedRoot {
        /// The file.
        name: String,
        /// Why.
        source: TrustedRootError,
    },
    /// A bundle cannot be signed, or not with this.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A site file is not edited.
    #[error(transparent)]
    Edit(#[from] crate::spec::EditError),
    /// The cluster did not do what was asked.
    #[error(transparent)]
    Cluster(#[from] crate::cluster::ClusterError),
    /// Something would keep an install from working.
    #[error("{} of {} findings stop the install; nothing was changed", .0.iter().filter(|finding| finding.is_error()).count(), .0.len())]
    Preflight(Vec<Finding>),
    /// Something is missing on the command line.
    #[error("{message}")]
    Usage {
        /// What is missing.
        message: String,
        /// What to write.
        hint: String,
    },
}

/// Why one entry cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// It cannot be resolved.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It is not signed as its policy demands.
    #[error("`{reference}` is refused by its policy")]
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
    #[error("the lock records of `{reference}`: {expected}; the bundle proves: {found}")]
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
    fn is_refusal(&self) -> bool {
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
                "do not use this bundle: whoever signed it did not build it with this program".to_owned(),
            ),
            Self::Checksums { .. } => Some(
                "check `checksums` in the spec: it has to name the file as its address does, in the form of `sha256sum`"
                    .to_owned(),
            ),
            Self::Checksum { .. } => Some(
                "do not take this file: upstream's own list has another checksum for its name".to_owned(),
            ),
            Self::LargeFile { .. } => Some(
                "add `large: true` to the file in the spec: it is then stored as it is, and no layer can read it"
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

impl OpsError {
    /// Returns the error and its causes in one line, without those whose words were said already.
    #[must_use]
    pub fn words(&self) -> String {
        crate::report::chain(self, ": ")
    }

    /// Returns how far an install came that was begun and did not come to its end.
    #[must_use]
    pub fn install_failure(&self) -> Option<&InstallFailure> {
        match self {
            Self::Cluster(error) => error.install_failure(),
            _ => None,
        }
    }

    /// Returns whether the answer is "no" (exit code 1) rather than "could not tell" (exit code 2).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::LockOutdated { .. } | Self::Render { .. } | Self::Preflight(_) => true,
            Self::Entries(errors) => errors.iter().any(EntryError::is_refusal),
            Self::Registry(error) => error.is_refusal(),
            Self::Push(error) | Self::Site { source: error, .. } => error.is_refusal(),
            Self::Archive(error) => error.is_refusal(),
            Self::Sign(_) => true,
            Self::Cluster(error) => error.is_refusal(),
            Self::Edit(error) => error.is_refusal(),
            _ => false,
        }
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::LockOutdated { .. } => Some("look at each change, then take it over with `bundle lock SPEC --update`, or `--update NAME` for one".to_owned()),
            Self::Entries(errors) => errors.iter().find_map(EntryError::hint),
            Self::Registry(error) => error.hint(),
            Self::Push(error) | Self::Site { source: error, .. } => error.hint(),
            Self::Archive(error) => error.hint(),
            Self::Output(error) => error.hint(),
            Self::Sign(error) => error.hint(),
            Self::Cluster(error) => error.hint(),
            Self::Edit(error) => error.hint(),
            Self::Usage { hint, .. } => Some(hint.clone()),
            Self::TrustedRoot { .. } => Some("give the `trusted_root.json` of the Sigstore that signed, as its TUF repository or `cosign trusted-root create` has it".to_owned()),
            Self::Lock(_) => Some("write it anew with `bundle lock SPEC --update`".to_owned()),
            _ => None,
        }
    }
}
