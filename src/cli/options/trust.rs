//! What signatures by certificate are checked against, and what is always refused.

use std::path::PathBuf;

use clap::Args;

use crate::cli::environment::Environment;
use crate::cli::ui::Ui;
use crate::ops::{OpsError, read_text};
use crate::report::Event;
use crate::spec::DenyList;
use crate::trust::{TrustedRoot, embedded_is_old};

/// The name of the root that the program carries.
const BUILT_IN: &str = "built in";

/// What keyless signatures are checked against.
#[derive(Args)]
#[command(next_help_heading = "Trust")]
pub struct TrustedRootOptions {
    /// Sigstore trusted root; default: the public Sigstore's, built in
    ///
    /// Keyless signatures are checked against it, offline: the root of a private Sigstore, or a newer public one.
    #[arg(long, value_name = "FILE")]
    trusted_root: Option<PathBuf>,
}

impl TrustedRootOptions {
    /// Returns the given file.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        self.trusted_root.as_ref()
    }

    /// Returns the given root, or the built-in one with a warning if that is old.
    pub fn root(&self, ui: &Ui, environment: &Environment) -> Result<TrustedRoot, OpsError> {
        let Some(path) = &self.trusted_root else {
            if let Some(warning) = embedded_is_old(environment.now) {
                ui.reporter().event(Event::Warning(warning));
            }
            return Self::built_in();
        };
        let name = path.display().to_string();
        TrustedRoot::parse(read_text(path)?.as_bytes())
            .map_err(|source| OpsError::TrustedRoot { name, source })
    }

    /// Returns the built-in root, whatever its age.
    pub fn built_in() -> Result<TrustedRoot, OpsError> {
        let name = BUILT_IN.to_owned();
        TrustedRoot::embedded().map_err(|source| OpsError::TrustedRoot { name, source })
    }
}

/// What is refused, signed or not.
#[derive(Args)]
#[command(next_help_heading = "Trust")]
pub struct DenyOptions {
    /// Deny list that is added to the built-in one; repeatable
    #[arg(long, value_name = "FILE")]
    deny: Vec<PathBuf>,
}

impl DenyOptions {
    /// Returns the files that were given.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.deny
    }

    pub(super) fn list(&self) -> Result<DenyList, OpsError> {
        self.deny.iter().try_fold(DenyList::shipped()?, |list, path| {
            Ok(list.and(DenyList::parse(&read_text(path)?, &path.display().to_string())?))
        })
    }
}
