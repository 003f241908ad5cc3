//! `bundle sign`.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::Failure;
use super::options::TrustedRootOptions;
use super::signers::read_signing_key;
use super::ui::Ui;
use crate::archive::SIGNATURE_SLOTS;
use crate::ops::{Attachment, OpsError, SignOptions, SignReport, SlotReport, SlotState, read_text, sign};
use crate::trust::{Claimed, TrustedRoot};

/// Sign a bundle that exists, with a key or with signatures that cosign made elsewhere
///
/// Signatures are over `index.json`, and there is room for four. Nothing else of the file changes.
#[derive(clap::Args)]
pub struct Args {
    /// The bundle: its file, or the first of its parts
    file: PathBuf,
    /// The private key that signs, in cosign's form; its password: COSIGN_PASSWORD, or asked for
    #[arg(long, value_name = "KEY", required_unless_present = "attach")]
    key: Option<PathBuf>,
    /// A signature over `index.json` that `cosign sign-blob --bundle` wrote, by KMS, hardware key or identity; may be given several times
    #[arg(long, value_name = "SIG")]
    attach: Vec<PathBuf>,
    /// Keep the signatures that are there, instead of replacing them all
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

    /// Returns the root. Where nothing is attached it is not asked, so its age is nobody's concern.
    fn root(&self, ui: &Ui, environment: &Environment) -> Result<TrustedRoot, OpsError> {
        if self.attach.is_empty() {
            let name = "built in".to_owned();
            return TrustedRoot::embedded().map_err(|source| OpsError::TrustedRoot { name, source });
        }
        self.root.root(ui, environment)
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
        SlotState::AttachedVerified => "attached, the certificate holds",
        SlotState::AttachedUnverified => "attached, not verified: that takes the public key",
        SlotState::Kept => "kept, not verified",
    };
    format!("{:<22}  {by}: {state}", slot.slot)
}
