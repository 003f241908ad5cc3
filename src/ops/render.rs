//! `bundle render`: the objects and node files of a site, from what was signed.

mod databases;
mod proofs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::OpsError;
use super::verify::{BundleTrust, Documents};
use crate::archive::{Archive, Role};
use crate::output::Folder;
use crate::render::{BundleName, Carried, ImageMap, RenderedSet, Sources, render};
use crate::report::Reporter;
use crate::spec::{ItemKind, Platform, Site};
use databases::databases;
use proofs::proofs;

/// A site, as a command was given it.
#[derive(Debug, Clone)]
pub struct SiteChoice {
    /// The name of its file, for errors.
    pub name: String,
    /// What the file says.
    pub site: Site,
    /// The platform that was asked for, or detected; it goes before the file's.
    pub platform: Option<Platform>,
}

impl SiteChoice {
    /// Returns the platform.
    ///
    /// # Errors
    /// When neither the command line nor the site names one.
    pub fn platform(&self) -> Result<Platform, OpsError> {
        self.platform.or(self.site.platform).ok_or_else(|| OpsError::Usage {
            message: format!("`{}` names no platform, and there is no cluster to detect it from", self.name),
            hint: "add --platform k3s or --platform talos, or write `platform:` into the site file"
                .to_owned(),
        })
    }

    /// Reports what the site leaves open.
    pub fn warn(&self, reporter: &dyn Reporter) {
        warn_of(&self.name, &self.site, reporter);
    }
}

/// Reports what a site leaves open, with the name of its file.
pub(super) fn warn_of(name: &str, site: &Site, reporter: &dyn Reporter) {
    site.warnings().into_iter().for_each(|warning| reporter.warn(format!("`{name}`: {warning}")));
}

/// Renders a bundle's layers for a site. Nodes are told to trust the keys of `trust` for what these keys signed.
///
/// # Errors
/// When the bundle's own files are altered, or the layers cannot be rendered for this site.
pub fn render_site(
    archive: &Archive,
    trust: &BundleTrust,
    choice: &SiteChoice,
) -> Result<RenderedSet, OpsError> {
    let platform = choice.platform()?;
    let documents = Documents::of(archive)?;
    let proofs = proofs(archive, &documents, trust);
    let images = ImageMap::new(&choice.site.registry, carried(archive)).with_proofs(proofs);
    let (bundle, lock) = (BundleName::of(&documents.spec), documents.lock.clone());
    let sources = Sources::new(documents.into_payload()).locked(&lock);
    let failed = |source| OpsError::Render { site: choice.name.clone(), platform: platform.name(), source };
    let set = render(&sources, &images, &choice.site, platform, &bundle).map_err(failed)?;
    Ok(RenderedSet { databases: databases(archive), ..set })
}

fn carried(archive: &Archive) -> Vec<Carried> {
    let named = archive.entries().iter().filter_map(|entry| {
        let kind = match entry.role {
            Role::Image => ItemKind::Image,
            Role::Artifact => ItemKind::Artifact,
            _ => return None,
        };
        Some(Carried { reference: entry.name().parse().ok()?, digest: entry.descriptor.digest, kind })
    });
    named.collect()
}

/// Looks at a folder that files are to be written into: it has to be new or empty.
///
/// # Errors
/// When it holds something already, or is no folder.
pub fn look_at_folder(folder: &Path) -> Result<(), OpsError> {
    if Folder::look(folder)? {
        return Ok(());
    }
    let message = format!("`{}` is not empty", folder.display());
    let hint = "name a folder that does not exist yet: old files would be applied with the new ones";
    Err(OpsError::Usage { message, hint: hint.to_owned() })
}

/// Writes files into a folder that is new or empty: all of them, or none. Scripts can be run.
///
/// # Errors
/// When the folder holds something already, or cannot be written.
pub fn write_rendered(files: Vec<(String, String)>, folder: &Path) -> Result<Vec<PathBuf>, OpsError> {
    look_at_folder(folder)?;
    let mut place = Folder::create(folder)?;
    let files: BTreeMap<String, String> = files.into_iter().collect();
    let mut written = Vec::new();
    for (name, text) in files {
        let mode = if name.ends_with(".sh") { 0o755 } else { 0o666 };
        written.push(place.write(&name, text.as_bytes(), mode)?);
    }
    place.finish()?;
    Ok(written)
}
