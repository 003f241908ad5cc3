//! Every error of a command, what it means for the exit code, and what to do next.

mod entry;
mod group;
mod sign;

pub use entry::EntryError;
pub use sign::SignError;

use std::path::PathBuf;

use super::stopped::StoppedInstall;
use crate::archive::ArchiveError;
use crate::lock::{Change, LockError};
use crate::output::OutputError;
use crate::registry::RegistryError;
use crate::registry::push::PushError;
use crate::render::RenderErrors;
use crate::report::Finding;
use crate::spec::Faults;
use crate::trust::{KeyFileError, PublicKeyError, TrustedRootError};

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
    /// Entries could not be resolved or verified.
    #[error("{} of the bundle's entries could not be resolved or verified", .0.len())]
    Entries(Vec<EntryError>),
    /// One entry cannot be used.
    #[error(transparent)]
    Entry(#[from] EntryError),
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
    /// Two repositories of the bundle would become one in a site's registry.
    #[error("cannot push the whole bundle to the registry of `{site}`")]
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
    /// Constraints were not moved.
    #[error(transparent)]
    Enforce(#[from] crate::cluster::EnforceError),
    /// An install began, and stopped.
    #[error(transparent)]
    Stopped(Box<StoppedInstall>),
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

impl OpsError {
    /// Returns the error and its causes in one line, without causes whose text is already part of it.
    #[must_use]
    pub fn words(&self) -> String {
        crate::report::chain(self, ": ")
    }

    /// Returns the faults of entries, one text for each cause; empty for any other error.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        match self {
            Self::Entries(errors) => group::texts(errors),
            _ => Vec::new(),
        }
    }

    /// Returns how far an install came that began and stopped.
    #[must_use]
    pub fn stopped_install(&self) -> Option<&StoppedInstall> {
        match self {
            Self::Stopped(stopped) => Some(stopped),
            _ => None,
        }
    }

    /// Returns whether the answer is "no" (exit code 1) rather than "could not tell" (exit code 2).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::LockOutdated { .. } | Self::Render { .. } | Self::Preflight(_) => true,
            Self::Entries(errors) => errors.iter().any(EntryError::is_refusal),
            Self::Entry(error) => error.is_refusal(),
            Self::Registry(error) => error.is_refusal(),
            Self::Push(error) | Self::Site { source: error, .. } => error.is_refusal(),
            Self::Archive(error) => error.is_refusal(),
            Self::Sign(_) => true,
            Self::Cluster(error) => error.is_refusal(),
            Self::Enforce(error) => error.is_refusal(),
            Self::Stopped(stopped) => stopped.failure.error.is_refusal(),
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
            Self::Entry(error) => error.hint(),
            Self::Registry(error) => error.hint(),
            Self::Push(error) | Self::Site { source: error, .. } => error.hint(),
            Self::Archive(error) => error.hint(),
            Self::Output(error) => error.hint(),
            Self::Sign(error) => error.hint(),
            Self::Cluster(error) => error.hint(),
            Self::Enforce(error) => error.hint(),
            Self::Stopped(stopped) => stopped.failure.error.hint(),
            Self::Edit(error) => error.hint(),
            Self::Usage { hint, .. } => Some(hint.clone()),
            Self::TrustedRoot { .. } => Some("give the `trusted_root.json` of the Sigstore that signed, as its TUF repository or `cosign trusted-root create` has it".to_owned()),
            Self::Lock(_) => Some("replace it with `bundle lock SPEC --update`".to_owned()),
            _ => None,
        }
    }
}
