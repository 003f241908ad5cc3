//! The site that a bundle is rendered for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::ops::{SiteChoice, read_authority, read_site};
use crate::spec::Platform;

/// The site.
#[derive(Args)]
#[command(next_help_heading = "Site")]
pub struct SiteOptions {
    /// Site file: registry, namespaces, policies and network
    #[arg(long, value_name = "FILE")]
    site: PathBuf,
    /// Platform of the nodes; overrides the one in the site file
    #[arg(long, value_enum)]
    platform: Option<PlatformName>,
}

/// A platform's name.
// No doc comments on the variants: clap would print a paragraph for each.
#[derive(Clone, Copy, ValueEnum)]
enum PlatformName {
    K3s,
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
