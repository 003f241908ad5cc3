//! A bundle, and whom the operator trusts.

use std::path::PathBuf;

use clap::Args;

use super::signers::SignerOptions;
use super::trust::{DenyOptions, TrustedRootOptions};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::ui::Ui;
use crate::ops::Trust;

/// A bundle, and whom the operator trusts.
#[derive(Args)]
pub struct BundleOptions {
    /// Bundle file, or its first part
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
