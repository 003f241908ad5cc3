//! `bundle inspect`.

use std::path::PathBuf;

use crate::archive::Role;
use crate::cli::command::help::Help;
use crate::cli::failure::Failure;
use crate::cli::report::size::bytes;
use crate::cli::ui::Ui;
use crate::ops::{InspectReport, InspectedSignature, inspect};

const HELP: Help = Help {
    examples: &["bundle inspect homelab.tar", "bundle inspect homelab.tar.001 --format json"],
    success: "the index is readable",
    refusal: Some("the file is not a valid bundle"),
    variables: &[],
};

/// Show a bundle's contents without verifying it; see `bundle verify`
///
/// Reads only the index. Signers are listed as the signatures name them, unchecked.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    /// Bundle file, or its first part
    file: PathBuf,
}

impl Args {
    pub fn run(self, ui: &Ui) -> Result<bool, Failure> {
        let report = inspect(&self.file)?;
        ui.result(&text(&report), &report);
        Ok(true)
    }
}

fn text(report: &InspectReport) -> String {
    let mut text = format!(
        "{} {} (not verified)\nindex     {}\ntargets   {}\ncontents  {} blobs, {}\n\n",
        report.name,
        report.version,
        report.digest,
        report.targets.join(", "),
        report.blobs,
        bytes(report.bytes),
    );
    let signatures: Vec<_> = report.signatures.iter().map(signature).collect();
    text.push_str(&if signatures.is_empty() {
        "not signed\n\n".to_owned()
    } else {
        signatures.join("") + "\n"
    });
    for entry in &report.entries {
        let digest = if matches!(entry.role, Role::Image | Role::Artifact) {
            format!("  {}", entry.digest)
        } else {
            String::new()
        };
        text.push_str(&format!("{:<10}{}{digest}\n", role(entry.role), entry.name));
    }
    text.push('\n');
    for (path, size) in &report.files {
        text.push_str(&format!("{:<10}{path}  {}\n", "file", bytes(*size)));
    }
    text
}

fn signature(found: &InspectedSignature) -> String {
    let by = found.claimed.as_ref().map_or_else(|| "an unknown signer".to_owned(), ToString::to_string);
    let fault = found.fault.as_ref().map(|fault| format!("; {fault}")).unwrap_or_default();
    format!("{}  claims to be by {by} (not verified){fault}\n", found.slot)
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Image => "image",
        Role::Artifact => "artifact",
        Role::Original => "original",
        Role::Signature => "signature",
        Role::Referrer => "referrer",
    }
}
