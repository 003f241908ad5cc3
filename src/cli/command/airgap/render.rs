//! `bundle render`.

use std::path::{Path, PathBuf};

use crate::archive::Archive;
use crate::cli::command::help::{Help, LOGINS, PROXIES, TIME};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::{BundleOptions, RegistryAccessOptions, SiteOptions};
use crate::cli::ui::Ui;
use crate::ops::{
    PublishOptions, Published, SiteChoice, gitops_files, look_at_folder, open, publish, render_site,
    write_rendered,
};
use crate::rendered::RenderedSet;

const HELP: Help = Help {
    examples: &[
        "bundle render homelab.tar --key site.pub --site site.yaml -o out",
        "bundle render homelab.tar --key site.pub --site site.yaml -o oci://r.lan/b",
    ],
    success: "everything is written",
    refusal: Some("the bundle or the site was refused"),
    variables: &[TIME, PROXIES, LOGINS],
};

/// Render a bundle's manifests and node files for a site
///
/// A folder gets the manifests, the files for the nodes, and objects for Flux and Argo CD. A registry gets the manifests as one artifact
/// that Flux and Argo CD read.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    site: SiteOptions,
    /// Empty folder, or oci://HOST[:PORT]/REPOSITORY[:TAG]
    ///
    /// A missing folder is created. The default tag is the bundle's version.
    #[arg(long, short, value_name = "DIR|OCI", help_heading = "Output")]
    output: PathBuf,
    /// Move the artifact's tag if it points to other content
    #[arg(long, help_heading = "Registry")]
    retag: bool,
    #[command(flatten)]
    registry: RegistryAccessOptions,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let trust = self.bundle.trust(ui, environment)?;
        let created = environment.created()?;
        let place = self.output.to_str().and_then(|text| text.strip_prefix("oci://"));
        let place = place.map(Published::parse).transpose()?;
        if place.is_none() {
            look_at_folder(&self.output)?;
        }
        let archive = open(&self.bundle.file, &trust)?;
        let choice = self.site.choice()?;
        choice.warn(&*ui.reporter());
        let set = render_site(&archive, &trust.bundle, &choice)?;
        match place {
            None => write(ui, &archive, &set, &choice, created, &self.output)?,
            Some(target) => {
                let (endpoint, access) =
                    self.registry.reaching(&target.host, &choice.site.registry, environment);
                let options = PublishOptions { target, endpoint, access, retag: self.retag, created };
                let report = publish(&archive, &set, &options, ui.reporter()).await?;
                let there = if report.present { " (already there)" } else { "" };
                let text = format!("published {} as {}{there}", counted(&set), report.reference);
                ui.result(&text, &report);
            }
        }
        Ok(true)
    }
}

fn write(
    ui: &Ui,
    archive: &Archive,
    set: &RenderedSet,
    choice: &SiteChoice,
    created: Option<String>,
    folder: &Path,
) -> Result<(), Failure> {
    let mut files = set.files();
    files.extend(set.auto_deploy());
    files.extend(gitops_files(archive, set, &choice.site, created)?);
    let written = write_rendered(files, folder)?;
    let text =
        format!("rendered {} and {} node files to {}", counted(set), set.node_files.len(), folder.display());
    ui.result(&text, &serde_json::json!({"objects": objects(set), "files": written}));
    Ok(())
}

fn counted(set: &RenderedSet) -> String {
    format!("{} objects in {} layers", objects(set), set.objects.layers.len())
}

fn objects(set: &RenderedSet) -> usize {
    set.objects.layers.iter().map(|layer| layer.objects.len()).sum()
}
