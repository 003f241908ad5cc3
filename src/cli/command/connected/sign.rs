//! `bundle sign`.

use std::path::{Path, PathBuf};

use clap::ArgGroup;

use crate::archive::SIGNATURE_SLOTS;
use crate::cli::command::help::{Help, KEY};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::{TrustedRootOptions, read_signing_key};
use crate::cli::ui::Ui;
use crate::ops::{Attachment, OpsError, SignOptions, SignReport, SlotReport, SlotState, read_text, sign};
use crate::trust::{Claimed, TrustedRoot};

const HELP: Help = Help {
    examples: &[
        "bundle sign homelab.tar --key second.key --add",
        "bundle sign homelab.tar --attach kms.sigstore.json --add",
    ],
    success: "the bundle is signed",
    refusal: Some("a signature does not fit the bundle, or no slot is free"),
    variables: &[KEY],
};

/// Sign an existing bundle, with a key or with signatures from cosign
///
/// Signatures cover `index.json`. A bundle has room for four. Nothing else in the file changes.
#[derive(clap::Args)]
#[command(
    after_help = HELP.short(),
    after_long_help = HELP.long(),
    group = ArgGroup::new("signing").args(["key", "attach"]).required(true).multiple(true)
)]
#[group(skip)]
pub struct Args {
    /// Bundle file, or its first part
    file: PathBuf,
    /// Sign with this private key, in cosign's format
    #[arg(long, value_name = "KEY", help_heading = "Trust")]
    key: Option<PathBuf>,
    /// Attach a signature that cosign made over `index.json`; repeatable
    ///
    /// The file that `cosign sign-blob --bundle SIG index.json` writes: by KMS, hardware key or identity.
    #[arg(long, value_name = "SIG", help_heading = "Trust")]
    attach: Vec<PathBuf>,
    /// Keep existing signatures instead of replacing them
    #[arg(long)]
    add: bool,
    #[command(flatten)]
    root: TrustedRootOptions,
}

impl Args {
    pub fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let attachments: Result<Vec<_>, _> = self.attach.iter().map(|path| attachment(path)).collect();
        let options = SignOptions {
            attachments: attachments?,
            root: self.root(ui, environment)?,
            key: self.key.as_deref().map(|path| read_signing_key(path, environment)).transpose()?,
            add: self.add,
        };
        let report = sign(&self.file, &options)?;
        ui.result(&text(&report), &report);
        Ok(true)
    }

    /// Returns the root. Without attachments it is not used, so its age deserves no warning.
    fn root(&self, ui: &Ui, environment: &Environment) -> Result<TrustedRoot, OpsError> {
        match self.attach.is_empty() {
            true => TrustedRootOptions::built_in(),
            false => self.root.root(ui, environment),
        }
    }
}

fn attachment(path: &Path) -> Result<Attachment, OpsError> {
    Ok(Attachment { name: path.display().to_string(), text: read_text(path)? })
}

fn text(report: &SignReport) -> String {
    let SignReport { digest, name, version, .. } = report;
    let slots: Vec<_> = report.signatures.iter().map(line).collect();
    format!(
        "signed {name} {version}: {} of {SIGNATURE_SLOTS} slots\nindex {digest}\n\n{}",
        slots.len(),
        slots.join("\n")
    )
}

fn line(slot: &SlotReport) -> String {
    let by = match &slot.by {
        Claimed::Key(_) => format!("key {}", slot.by),
        Claimed::Certificate { .. } => slot.by.to_string(),
    };
    let state = match slot.state {
        SlotState::Signed => "signed now",
        SlotState::AttachedVerified => "attached, certificate verified",
        SlotState::AttachedUnverified => "attached, not verified: that needs the public key",
        SlotState::Kept => "kept, not verified",
    };
    format!("{:<22}  {by}: {state}", slot.slot)
}
