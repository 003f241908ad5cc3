//! `bundle render`: the objects and node files of a site, from what was signed.

mod proofs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::open::BundleTrust;
use crate::archive::{Archive, Role};
use crate::oci::Document;
use crate::ops::bundle::Documents;
use crate::ops::databases::databases;
use crate::ops::error::OpsError;
use crate::ops::site::SiteChoice;
use crate::output::Folder;
use crate::render::{BundleFacts, Carried, ImageMap, Sources, render};
use crate::rendered::RenderedSet;
use crate::spec::ItemKind;
use proofs::proofs;

/// Renders a bundle's layers for a site. Nodes are configured to trust the keys of `trust` for the images that these keys signed.
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
    let bundle = BundleFacts::new(&documents.spec, databases(carried_artifacts(archive)));
    let lock = documents.lock.clone();
    let sources = Sources::new(documents.into_payload()).locked(&lock);
    let failed = |source| OpsError::Render { site: choice.name.clone(), platform: platform.name(), source };
    render(&sources, &images, &choice.site, platform, &bundle).map_err(failed)
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

/// Returns the artifacts of a bundle: name and manifest, in the order of its entries.
fn carried_artifacts(archive: &Archive) -> impl Iterator<Item = (String, &Document)> {
    let artifacts = archive.entries().iter().filter(|entry| entry.role == Role::Artifact);
    artifacts.filter_map(|entry| Some((entry.name(), &archive.manifest(&entry.descriptor.digest)?.document)))
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
