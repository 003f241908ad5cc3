//! `bundle verify`.

use crate::cli::command::help::Help;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::BundleOptions;
use crate::cli::report::signatures;
use crate::cli::report::size::bytes;
use crate::cli::ui::Ui;
use crate::ops::{VerifyReport, verify};

const HELP: Help = Help {
    examples: &[
        "bundle verify homelab.tar --key site.pub",
        "bundle verify homelab.tar --key a.pub --key b.pub --threshold 2",
    ],
    success: "everything in the bundle is verified",
    refusal: Some("a signature, digest or policy check failed"),
    variables: &[],
};

/// Verify every digest and signature in a bundle, offline
///
/// Checks the bundle's own signatures, every byte, and upstream's signatures against the policies of the spec.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
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
        None => "signatures NOT checked (--insecure-unsigned)",
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
        text.push_str(&format!("\n{} was rebuilt with the same digest: {image}", image.reference));
    }
    for other in &report.others {
        text.push_str(&format!("\nthe bundle is {other}"));
    }
    text
}
