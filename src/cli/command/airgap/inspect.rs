//! `bundle inspect`.

use std::path::PathBuf;

use super::error::Failure;
use super::ui::{Ui, bytes};
use crate::archive::Role;
use crate::ops::{InspectReport, InspectedSignature, inspect};

/// Show what a bundle holds, from its index alone; nobody vouches for it: see `bundle verify`
#[derive(clap::Args)]
pub struct Args {
    /// The bundle: its file, or the first of its parts
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
    let by = found.claimed.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
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
