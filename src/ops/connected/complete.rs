//! Completeness: the bundle carries every image that the layers of its sites use, and should carry no other.

use std::collections::BTreeSet;

use super::gather::Gathered;
use super::workspace::Workspace;
use crate::lock::Lock;
use crate::oci::Document;
use crate::ops::bundle::FILES;
use crate::ops::databases::databases;
use crate::ops::error::OpsError;
use crate::reference::ImageRef;
use crate::registry::push::refuse_collisions;
use crate::render::{BundleFacts, Carried, ImageMap, Sources, render};
use crate::report::Reporter;
use crate::spec::{ItemKind, Platform, Site};

/// Renders every site of the spec for its platforms. Warns about carried images that no layer uses.
///
/// # Errors
/// When a layer uses an image that the bundle does not carry or an address outside the site, or when two repositories would become one
/// in the site's registry.
pub(super) fn check_sites(
    workspace: &Workspace,
    gathered: &Gathered,
    lock: &Lock,
    reporter: &dyn Reporter,
) -> Result<(), OpsError> {
    let mut sources = workspace.sources.clone();
    let held = gathered.files.iter().filter_map(|(name, file)| Some((name, file.held()?)));
    sources.extend(held.map(|(name, bytes)| (format!("{FILES}{name}"), bytes.to_vec())));
    let (sources, carried) = (Sources::new(sources).locked(lock), carried(gathered));
    let bundle = BundleFacts::new(&workspace.spec, databases(artifacts(gathered)));
    let mut used = BTreeSet::new();
    for (name, site) in &workspace.sites {
        refuse_collisions(carried.iter().map(|one| {
            let upstream = one.reference.name();
            let repository = site.registry.paths.place(&upstream);
            (upstream, repository)
        }))
        .map_err(|source| OpsError::Site { site: name.clone(), source })?;
        for platform in platforms(workspace, site) {
            let map = ImageMap::new(&site.registry, carried.iter().cloned());
            let set = render(&sources, &map, site, platform, &bundle).map_err(|source| OpsError::Render {
                site: name.clone(),
                platform: platform.name(),
                source,
            })?;
            used.extend(set.used);
        }
    }
    if !workspace.sites.is_empty() {
        used.extend(parts_of(workspace, &used));
        let unused = carried.iter().map(|one| &one.reference).filter(|reference| !used.contains(reference));
        unused.for_each(|reference| {
            reporter.warn(format!("`{reference}` is in the bundle, but no layer uses it"))
        });
    }
    Ok(())
}

fn artifacts(gathered: &Gathered) -> impl Iterator<Item = (String, &Document)> {
    let artifacts = gathered.items.iter().filter(|resolved| resolved.item.kind == ItemKind::Artifact);
    artifacts.map(|resolved| (resolved.item.reference.to_string(), &resolved.carried().document))
}

fn carried(gathered: &Gathered) -> Vec<Carried> {
    let items = gathered.items.iter().map(|resolved| Carried {
        reference: resolved.item.reference.clone(),
        digest: resolved.carried().descriptor.digest,
        kind: resolved.item.kind,
    });
    let composed = gathered.composed.iter().map(|made| Carried {
        reference: made.locked.reference.clone(),
        digest: made.locked.digest,
        kind: ItemKind::Image,
    });
    items.chain(composed).collect()
}

/// Returns what the composed images that are used are made from.
fn parts_of(workspace: &Workspace, used: &BTreeSet<ImageRef>) -> Vec<ImageRef> {
    let composed = workspace.spec.compose().filter(|compose| used.contains(&compose.image));
    let parts = composed
        .flat_map(|compose| [&compose.base].into_iter().chain(compose.add.iter().map(|add| &add.artifact)));
    parts.cloned().collect()
}

/// Returns the site's platform, or every platform that the bundle carries if the site leaves it open.
fn platforms(workspace: &Workspace, site: &Site) -> Vec<Platform> {
    let carried =
        [(Platform::K3s, &workspace.spec.platforms.k3s), (Platform::Talos, &workspace.spec.platforms.talos)];
    let carried = carried.into_iter().filter(|(_, folder)| folder.is_some()).map(|(platform, _)| platform);
    site.platform.map_or_else(|| carried.collect(), |platform| vec![platform])
}
