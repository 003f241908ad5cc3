//! `bundle verify`.

use super::error::Failure;
use super::options::BundleOptions;
use super::ui::{Ui, bytes};
use crate::lock::LockedSignature;
use crate::ops::{VerifyReport, verify};

/// Verify a bundle's signature, every byte of it, and every upstream signature in it, offline
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
}

impl Args {
    pub fn run(self, ui: &Ui) -> Result<bool, Failure> {
        let (_, report) = verify(&self.bundle.file, &self.bundle.trust()?, &*ui.reporter())?;
        ui.result(&text(&report), &report);
        Ok(true)
    }
}

fn text(report: &VerifyReport) -> String {
    let signer = match &report.signer {
        Some(hint) => format!("signed by key {hint}"),
        None => "signature NOT looked at (--insecure-unsigned)".to_owned(),
    };
    let size = bytes(report.bytes);
    let mut text = format!(
        "verified {} {}: {} blobs, {size}, {signer}\nindex {}\n\n",
        report.name, report.version, report.blobs, report.digest
    );
    for item in &report.items {
        text.push_str(&format!("{}\n  {}  {}\n", item.reference, item.digest, how(&item.signature)));
    }
    text
}

fn how(signature: &LockedSignature) -> String {
    match signature {
        LockedSignature::Unsigned { reason } => format!("unsigned: {reason}"),
        LockedSignature::SigstoreBundle { key } => format!("Sigstore bundle by key {key}"),
        LockedSignature::SimpleSigning { key } => format!("signature tag by key {key}"),
    }
}
