//! `bundle serve`: what a registry that is a bundle holds.

use crate::archive::Archive;
use crate::registry::server::Catalog;

/// Returns the repositories of a bundle: upstream's paths, as a mirror is asked for them, each with its host, which
/// tells two of the same path apart.
#[must_use]
pub fn catalog(archive: &Archive) -> Catalog {
    let mut catalog = Catalog::default();
    for entry in archive.entries() {
        let Some(top) = archive.manifest(&entry.descriptor.digest) else { continue };
        let (host, path) = entry.repository.split_once('/').unwrap_or(("", &entry.repository));
        let children = top.document.manifests.iter().flatten();
        for child in children.filter_map(|child| archive.manifest(&child.digest)) {
            catalog.add_from(host, path, None, child.clone());
        }
        catalog.add_from(host, path, entry.tag.as_deref(), top.clone());
    }
    catalog
}
