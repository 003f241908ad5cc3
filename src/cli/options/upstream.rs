//! How upstream is reached.

use std::path::PathBuf;

use clap::Args;

use super::network::NetworkOptions;
use super::trust::{DenyOptions, TrustedRootOptions};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::ui::Ui;
use crate::ops::{OpsError, Upstream, read_text};
use crate::spec::Registries;

/// How upstream is reached, and what is accepted from it.
#[derive(Args)]
pub struct UpstreamOptions {
    #[command(flatten)]
    mirrors: MirrorOptions,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    root: TrustedRootOptions,
    #[command(flatten)]
    deny: DenyOptions,
}

/// The mirrors of upstream's hosts.
#[derive(Args)]
#[command(next_help_heading = "Network")]
struct MirrorOptions {
    /// Mirror configuration: maps upstream hosts to mirrors
    #[arg(long, value_name = "FILE")]
    registries: Option<PathBuf>,
}

impl UpstreamOptions {
    /// Returns the files that these options name.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        let lists = self.mirrors.registries.iter().chain(self.root.file()).chain(self.deny.files());
        lists.cloned().collect::<Vec<_>>().into_iter()
    }

    pub fn upstream(&self, ui: &Ui, environment: &Environment) -> Result<Upstream, Failure> {
        let (registries, access) = (self.mirrors.registries()?, self.network.access(environment));
        let root = self.root.root(ui, environment)?;
        Ok(Upstream::new(registries, self.deny.list()?, root, &access)?)
    }
}

impl MirrorOptions {
    fn registries(&self) -> Result<Registries, OpsError> {
        let Some(path) = &self.registries else { return Ok(Registries::default()) };
        Ok(Registries::parse(&read_text(path)?, &path.display().to_string())?)
    }
}
