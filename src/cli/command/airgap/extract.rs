//! `bundle extract`.

use std::path::PathBuf;

use crate::cli::command::help::Help;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::BundleOptions;
use crate::cli::report::size::bytes;
use crate::cli::ui::Ui;
use crate::ops::{ExtractReport, OpsError, extract, open};
use crate::output::Folder;

const HELP: Help = Help {
    examples: &[
        "bundle extract homelab.tar k3s --key site.pub -o out",
        "bundle extract b.tar docker.io/falcosecurity/falco:0.44.1 --key site.pub -o .",
    ],
    success: "everything is written",
    refusal: Some("the bundle was refused"),
    variables: &[],
};

/// Write files, images or artifacts from a bundle into a folder
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    /// Names of files, images or artifacts, as `bundle inspect` lists them
    ///
    /// An image becomes an OCI layout, NAME.oci.tar; of an artifact, each layer becomes a file.
    #[arg(required = true, help_heading = None::<&str>)]
    name: Vec<String>,
    /// Output folder; created if missing, existing files are kept
    ///
    /// A file that exists is an error: nothing is overwritten.
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
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
