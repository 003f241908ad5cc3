//! `bundle verify`.

use super::environment::Environment;
use super::error::Failure;
use super::options::BundleOptions;
use super::signatures;
use super::ui::{Ui, bytes};
use crate::ops::{VerifyReport, verify};

/// Verify a bundle's signature, every byte of it, and every upstream signature in it, offline
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
}

impl Args {
    pub fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let (_, report) = verify(&self.bundle.file, &self.bundle.trust(ui, environment)?, &*ui.reporter())?;
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
    if let Some(root) = &report.trusted_root {
        text.push_str(&format!("trusted root: {root}\n\n"));
    }
    let rows = report.items.iter();
    let rows = rows.flat_map(|item| signatures::rows(&item.reference, &item.signatures, &item.attestations));
    text.push_str(&signatures::table(&rows.collect::<Vec<_>>()));
    text
}
