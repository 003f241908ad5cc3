//! `bundle build`.

use std::path::PathBuf;

use clap::ArgGroup;

use crate::cli::command::help::{Help, KEY, LOGINS, PROXIES};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::{UpstreamOptions, parse_size, read_signing_key};
use crate::cli::report::size::bytes;
use crate::cli::ui::Ui;
use crate::ops::{BuildOptions, BuildReport, Workspace, build};

const HELP: Help = Help {
    examples: &[
        "bundle build bundles/homelab.yaml --key site.key",
        "bundle build bundles/homelab.yaml --key site.key --split 4GB -o homelab.tar",
    ],
    success: "the bundle is written",
    refusal: Some("the lock is out of date, a policy refused content, or a site lacks something"),
    variables: &[KEY, PROXIES, LOGINS],
};

/// Fetch, verify, pack and sign everything that a spec names
#[derive(clap::Args)]
#[command(
    after_help = HELP.short(),
    after_long_help = HELP.long(),
    group = ArgGroup::new("signing").args(["key", "insecure_unsigned"]).required(true)
)]
#[group(skip)]
pub struct Args {
    /// Bundle spec
    spec: PathBuf,
    /// Fail if the lock is incomplete, instead of completing it
    #[arg(long)]
    locked: bool,
    /// Sign with this private key, in cosign's format
    #[arg(long, value_name = "KEY", help_heading = "Trust")]
    key: Option<PathBuf>,
    /// Do not sign the bundle
    #[arg(long, help_heading = "Trust")]
    insecure_unsigned: bool,
    #[command(flatten)]
    upstream: UpstreamOptions,
    /// Blobs that are fetched at once
    #[arg(long, value_name = "N", default_value_t = 8, help_heading = "Network")]
    jobs: usize,
    /// Bundle file, or a folder for it; default: NAME-VERSION.tar
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Split the bundle into parts of this size: FILE.001, FILE.002, …
    ///
    /// A number of bytes, or a whole number with KB, MB, GB, KiB, MiB or GiB: 700MB, 4GiB.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Output")]
    split: Option<u64>,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let workspace = Workspace::load(&self.spec)?;
        let key = self.key.as_deref().map(|path| read_signing_key(path, environment)).transpose()?;
        let inputs = self.key.into_iter().chain(self.upstream.files()).collect();
        let (output, locked, split, jobs) = (self.output, self.locked, self.split, self.jobs);
        let options = BuildOptions { output, inputs, key, locked, split, jobs };
        let upstream = self.upstream.upstream(ui, environment)?;
        let report = build(&workspace, &upstream, &options, ui.reporter()).await?;
        ui.result(&text(&report), &report);
        Ok(true)
    }
}

fn text(report: &BuildReport) -> String {
    let root: String = report.trusted_root.iter().map(|root| format!("trusted root: {root}\n")).collect();
    let signed = if report.signed { "signed" } else { "NOT signed" };
    let BuildReport { name, version, entries, blobs, digest, .. } = report;
    let (files, size) = (files(&report.files), bytes(report.bytes));
    format!(
        "{root}built {files}: {name} {version}, {size}, {entries} entries, {blobs} blobs, {signed}\nindex {digest}"
    )
}

/// Returns the file, or the first and the last of its parts.
fn files(files: &[PathBuf]) -> String {
    match files {
        [first, .., last] => format!("{} to {}", first.display(), last.display()),
        files => files.iter().map(|file| file.display().to_string()).collect(),
    }
}
