//! `bundle push`.

use std::sync::Arc;

use super::environment::Environment;
use super::error::Failure;
use super::options::{BundleOptions, PathOptions, RegistryOptions};
use super::ui::{Ui, bytes};
use crate::ops::{PushOptions, open, push};

/// Push everything in a bundle into a registry: images, artifacts, signatures and referrers
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    registry: RegistryOptions,
    #[command(flatten)]
    paths: PathOptions,
    /// Move tags that point to something else
    #[arg(long)]
    retag: bool,
    /// How many blobs are sent at once
    #[arg(long, value_name = "N", default_value_t = 4)]
    jobs: usize,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let (endpoint, paths) = (self.registry.endpoint()?, self.paths.paths()?);
        let archive = Arc::new(open(&self.bundle.file, &self.bundle.trust(ui, environment)?)?);
        let access = self.registry.access(&endpoint, environment);
        let options = PushOptions { endpoint, paths, access, retag: self.retag, jobs: self.jobs };
        let report = push(archive, &options, ui.reporter()).await?;
        let host = &options.endpoint.host;
        let text = format!(
            "pushed to {host}: {} entries, {} blobs, {}; {} entries were there already",
            report.sent,
            report.blobs,
            bytes(report.bytes),
            report.present
        );
        ui.result(&text, &report);
        Ok(true)
    }
}
