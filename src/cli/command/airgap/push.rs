//! `bundle push`.

use std::sync::Arc;

use crate::cli::command::help::{Help, LOGINS, PROXIES};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::{BundleOptions, PathOptions, RegistryOptions};
use crate::cli::report::size::bytes;
use crate::cli::ui::Ui;
use crate::ops::{PushOptions, open, push};

const HELP: Help = Help {
    examples: &[
        "bundle push homelab.tar registry.lan:5000 --key site.pub",
        "bundle push homelab.tar registry.lan/edge --key site.pub --ca ca.pem",
    ],
    success: "everything is in the registry",
    refusal: Some("the bundle was refused, or a tag points to other content"),
    variables: &[PROXIES, LOGINS],
};

/// Push a bundle's images, artifacts and signatures to a registry
///
/// Referrers are pushed, too. Only missing content is sent.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    registry: RegistryOptions,
    #[command(flatten)]
    paths: PathOptions,
    /// Move tags that point to other content
    #[arg(long, help_heading = "Registry")]
    retag: bool,
    /// Blobs that are sent at once
    #[arg(long, value_name = "N", default_value_t = 4, help_heading = "Network")]
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
            "pushed to {host}: {} entries, {} blobs, {}; {} entries already there",
            report.sent,
            report.blobs,
            bytes(report.bytes),
            report.present
        );
        ui.result(&text, &report);
        Ok(true)
    }
}
