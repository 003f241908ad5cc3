//! Groups of options that several commands share.

mod network;
mod trust;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::error::Failure;
use crate::cluster::{ConnectOptions, WithContents};
use crate::ops::{SiteChoice, read_authority, read_site};
use crate::spec::Platform;

pub use network::{NetworkOptions, PathOptions, RegistryAccessOptions, RegistryOptions, UpstreamOptions};
pub use trust::{BundleOptions, TrustedRootOptions};

/// How results are printed.
#[derive(Args)]
pub struct OutputOptions {
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print nothing but results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// A form of output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The site.
#[derive(Args)]
pub struct SiteOptions {
    /// The site file
    #[arg(long, value_name = "FILE")]
    site: PathBuf,
    /// The platform, instead of the site file's
    #[arg(long, value_enum)]
    platform: Option<PlatformName>,
}

/// A platform's name.
#[derive(Clone, Copy, ValueEnum)]
enum PlatformName {
    /// K3s
    K3s,
    /// Talos Linux
    Talos,
}

impl SiteOptions {
    pub fn choice(&self) -> Result<SiteChoice, Failure> {
        let platform = self.platform.map(|name| match name {
            PlatformName::K3s => Platform::K3s,
            PlatformName::Talos => Platform::Talos,
        });
        let mut site = read_site(&self.site)?;
        read_authority(&mut site)?;
        Ok(SiteChoice { name: self.site.display().to_string(), site, platform })
    }
}

/// How the cluster is reached.
#[derive(Args)]
pub struct ClusterOptions {
    /// The kubeconfig file [default: $KUBECONFIG, then ~/.kube/config, then the pod's own]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl ClusterOptions {
    pub fn connect(&self, environment: &Environment) -> ConnectOptions {
        let named = self.kubeconfig.clone().map(|path| vec![path]);
        let listed = environment.kubeconfig.as_ref().map(|list| std::env::split_paths(list).collect());
        let home =
            environment.home.as_ref().map(|home| home.join(".kube/config")).filter(|path| path.exists());
        let kubeconfigs = named.or(listed).unwrap_or_else(|| home.into_iter().collect());
        ConnectOptions { kubeconfigs, context: self.context.clone(), pod: environment.pod.clone() }
    }
}

/// What goes although there is something of others in it.
#[derive(Args)]
pub struct ContentsOptions {
    /// Delete this with everything that others have in it: KIND/NAME or KIND/NAMESPACE/NAME, as in what was kept
    #[arg(long, value_name = "OBJECT")]
    delete_with_contents: Vec<String>,
}

impl ContentsOptions {
    pub fn asked(&self) -> WithContents {
        WithContents(self.delete_with_contents.clone())
    }
}
