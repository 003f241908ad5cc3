//! `bundle build`.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::Failure;
use super::options::UpstreamOptions;
use super::signers::read_signing_key;
use super::size;
use super::ui::{Ui, bytes};
use crate::ops::{BuildOptions, Workspace, build};

/// Fetch, verify, pack and sign everything that a spec names
#[derive(clap::Args)]
pub struct Args {
    /// The bundle spec
    spec: PathBuf,
    /// The bundle file, or a folder for it [default: NAME-VERSION.tar]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The private key that signs the bundle, in cosign's form; its password: COSIGN_PASSWORD, or asked for
    #[arg(long, value_name = "KEY", required_unless_present = "insecure_unsigned")]
    key: Option<PathBuf>,
    /// Do not sign the bundle
    #[arg(long, conflicts_with = "key")]
    insecure_unsigned: bool,
    /// Fail where the lock is not complete, instead of adding to it
    #[arg(long)]
    locked: bool,
    /// Write the bundle in parts of this size, FILE.001, FILE.002 and so on: a number of bytes, or 700MB, 4GiB
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    split: Option<u64>,
    /// How many blobs are fetched at once
    #[arg(long, value_name = "N", default_value_t = 8)]
    jobs: usize,
    #[command(flatten)]
    upstream: UpstreamOptions,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let workspace = Workspace::load(&self.spec)?;
        let key = self.key.as_deref().map(|path| read_signing_key(path, environment)).transpose()?;
        let inputs = self.key.into_iter().chain(self.upstream.files()).collect();
        let (output, locked, split, jobs) = (self.output, self.locked, self.split, self.jobs);
        let options = BuildOptions { output, inputs, key, locked, split, jobs };
        let report =
            build(&workspace, &self.upstream.upstream(ui, environment)?, &options, ui.reporter()).await?;
        let signed = if report.signed { "signed" } else { "NOT signed" };
        let size = bytes(report.bytes);
        let root =
            report.trusted_root.iter().map(|root| format!("trusted root: {root}\n")).collect::<String>();
        let text = format!(
            "{root}built {}: {} {}, {size}, {} entries, {} blobs, {signed}\nindex {}",
            files(&report.files),
            report.name,
            report.version,
            report.entries,
            report.blobs,
            report.digest
        );
        ui.result(&text, &report);
        Ok(true)
    }
}

/// Names the file, or the first and the last of its parts.
fn files(files: &[PathBuf]) -> String {
    match files {
        [first, .., last] => format!("{} to {}", first.display(), last.display()),
        files => files.iter().map(|file| file.display().to_string()).collect(),
    }
}
