//! `bundle diff`.

use std::path::PathBuf;

use crate::cli::command::help::Help;
use crate::cli::failure::Failure;
use crate::cli::ui::Ui;
use crate::ops::diff;

const HELP: Help = Help {
    examples: &["bundle diff old.tar new.tar", "bundle diff bundles/homelab.lock new.tar --format json"],
    success: "no differences",
    refusal: Some("there are differences"),
    variables: &[],
};

/// Show what changed between two bundles or locks; neither is verified
///
/// Compares versions, digests, signers and files.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    /// Older bundle or lock
    old: PathBuf,
    /// Newer bundle or lock
    new: PathBuf,
}

impl Args {
    pub fn run(self, ui: &Ui) -> Result<bool, Failure> {
        let report = diff(&self.old, &self.new)?;
        let lines: String = report.changes.iter().map(|change| format!("{change}\n")).collect();
        let text = if lines.is_empty() { "no differences".to_owned() } else { lines };
        ui.result(&text, &report);
        Ok(report.changes.is_empty())
    }
}
