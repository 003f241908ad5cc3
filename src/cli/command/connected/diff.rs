//! `bundle diff`.

use std::path::PathBuf;

use super::error::Failure;
use super::ui::Ui;
use crate::ops::diff;

/// Show what changed between two bundles or locks: versions, digests, signers, files; nobody vouches for either
#[derive(clap::Args)]
pub struct Args {
    /// The older bundle or lock
    old: PathBuf,
    /// The newer bundle or lock
    new: PathBuf,
}

impl Args {
    pub fn run(self, ui: &Ui) -> Result<bool, Failure> {
        let report = diff(&self.old, &self.new)?;
        let lines: String = report.changes.iter().map(|change| format!("{change}\n")).collect();
        let text = if lines.is_empty() { "nothing is different".to_owned() } else { lines };
        ui.result(&text, &report);
        Ok(report.changes.is_empty())
    }
}
