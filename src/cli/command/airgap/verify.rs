//! `bundle verify`.

use super::environment::Environment;
use super::error::Failure;
use super::options::BundleOptions;
use super::signatures;
use super::ui::{Ui, bytes};
use crate::ops::{VerifyReport, verify};

/// Verify a bundle's signatures, every byte of it, and every upstream signature in it, offline
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
    let signed = match &report.signatures {
        Some(_) => "signed",
        None => "signatures NOT looked at (--insecure-unsigned)",
    };
    let size = bytes(report.bytes);
    let mut text = format!(
        "verified {} {}: {} blobs, {size}, {signed}\nindex {}\n\n",
        report.name, report.version, report.blobs, report.digest
    );
    if let Some(root) = &report.trusted_root {
        text.push_str(&format!("trusted root: {root}\n\n"));
    }
    let own = signatures::rows("this bundle", report.signatures.as_deref().unwrap_or_default(), &[]);
    let items = report.items.iter();
    let items =
        items.flat_map(|item| signatures::rows(&item.reference, &item.signatures, &item.attestations));
    text.push_str(&signatures::table(&own.into_iter().chain(items).collect::<Vec<_>>()));
    for image in &report.composed {
        text.push_str(&format!("\n{} was made again, with the same digest: {image}", image.reference));
    }
    for other in &report.others {
        text.push_str(&format!("\nthe bundle is {other}"));
    }
    text
}
