//! `bundle render`.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::Failure;
use super::options::{BundleOptions, SiteOptions};
use super::ui::Ui;
use crate::ops::{open, render_site, write_rendered};

/// Render a bundle's manifests and node files for a site
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    site: SiteOptions,
    /// The folder to write to; it must not hold anything yet
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
}

impl Args {
    pub fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let archive = open(&self.bundle.file, &self.bundle.trust(ui, environment)?)?;
        let site = self.site.choice()?;
        site.warn(&*ui.reporter());
        let set = render_site(&archive, &site)?;
        let written = write_rendered(&set, &self.output)?;
        let objects: usize = set.layers.iter().map(|layer| layer.objects.len()).sum();
        let text = format!(
            "rendered {objects} objects in {} layers and {} node files to {}",
            set.layers.len(),
            set.node_files.len(),
            self.output.display()
        );
        ui.result(&text, &serde_json::json!({"objects": objects, "files": written}));
        Ok(true)
    }
}
