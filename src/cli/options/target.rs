//! What is installed where: a bundle, a site and a cluster.

use clap::Args;

use super::bundle::BundleOptions;
use super::cluster::ClusterOptions;
use super::site::SiteOptions;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::ui::Ui;
use crate::ops::Target;

/// A bundle, the site that it is for, and the cluster.
#[derive(Args)]
pub struct TargetOptions {
    #[command(flatten)]
    pub bundle: BundleOptions,
    #[command(flatten)]
    site: SiteOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
}

impl TargetOptions {
    pub fn target(&self, ui: &Ui, environment: &Environment) -> Result<Target, Failure> {
        Ok(Target {
            trust: self.bundle.trust(ui, environment)?,
            cluster: self.cluster.connect(environment),
            site: self.site.choice()?,
        })
    }
}
