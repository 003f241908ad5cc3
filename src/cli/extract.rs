//! `bundle extract`.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::Failure;
use super::options::BundleOptions;
use super::ui::{Ui, bytes};
use crate::ops::{ExtractReport, OpsError, extract, open};
use crate::output::Folder;

/// Write files, images or the content of artifacts out of a bundle into a folder
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    /// A file of the bundle, an image (written as an OCI layout, NAME.oci.tar), or an artifact (each of its parts)
    #[arg(required = true)]
    name: Vec<String>,
    /// The folder; it is made where it is not there, and nothing in it is written over
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
}

impl Args {
    pub fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        Folder::look(&self.output).map_err(OpsError::from)?;
        let archive = open(&self.bundle.file, &self.bundle.trust(ui, environment)?)?;
        let report = extract(&archive, &self.name, &self.output)?;
        ui.result(&text(&report), &report);
        Ok(true)
    }
}

fn text(report: &ExtractReport) -> String {
    let written = report.written.iter();
    let lines =
        written.map(|file| format!("{} → {}, {}\n", file.name, file.path.display(), bytes(file.bytes)));
    lines.collect()
}
