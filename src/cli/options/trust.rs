//! Whom the operator trusts.

use std::path::PathBuf;

use clap::Args;

use crate::cli::environment::Environment;
use crate::cli::error::Failure;
use crate::cli::signers::SignerOptions;
use crate::cli::ui::Ui;
use crate::ops::{OpsError, Trust, read_text};
use crate::report::Event;
use crate::spec::DenyList;
use crate::trust::{TrustedRoot, trusted_root};

/// A bundle, and whom the operator trusts.
#[derive(Args)]
pub struct BundleOptions {
    /// The bundle: its file, or the first of its parts
    pub file: PathBuf,
    #[command(flatten)]
    signers: SignerOptions,
    #[command(flatten)]
    root: TrustedRootOptions,
    #[command(flatten)]
    deny: DenyOptions,
}

impl BundleOptions {
    pub fn trust(&self, ui: &Ui, environment: &Environment) -> Result<Trust, Failure> {
        let bundle = self.signers.trust()?;
        Ok(Trust { bundle, root: self.root.root(ui, environment)?, deny: self.deny.list()? })
    }
}

/// What keyless signatures are checked against.
#[derive(Args)]
pub struct TrustedRootOptions {
    /// The Sigstore trusted root that keyless signatures are checked against [default: the public one, built in]
    #[arg(long, value_name = "FILE")]
    trusted_root: Option<PathBuf>,
}

impl TrustedRootOptions {
    /// Returns the file that was given.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        self.trusted_root.as_ref()
    }

    /// Returns the root that was given, or the one built in, with a warning where that is old.
    pub fn root(&self, ui: &Ui, environment: &Environment) -> Result<TrustedRoot, OpsError> {
        let Some(path) = &self.trusted_root else {
            if let Some(warning) = trusted_root::embedded_is_old(environment.now) {
                ui.reporter().event(Event::Warning(warning));
            }
            let name = "built in".to_owned();
            return TrustedRoot::embedded().map_err(|source| OpsError::TrustedRoot { name, source });
        };
        let name = path.display().to_string();
        TrustedRoot::parse(read_text(path)?.as_bytes())
            .map_err(|source| OpsError::TrustedRoot { name, source })
    }
}

/// What is refused, signed or not.
#[derive(Args)]
pub struct DenyOptions {
    /// A deny list that is added to the one built in; may be given several times
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
