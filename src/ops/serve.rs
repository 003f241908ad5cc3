//! `bundle serve`: what a registry that is a bundle holds.

use super::push::path;
use crate::archive::Archive;
use crate::registry::server::Catalog;

/// Returns the repositories of a bundle: upstream's paths without their hosts, as a mirror is asked for them.
#[must_use]
pub fn catalog(archive: &Archive) -> Catalog {
    let mut catalog = Catalog::default();
    for entry in archive.entries() {
        let Some(top) = archive.manifest(&entry.descriptor.digest) else { continue };
        for child in
            top.document.manifests.iter().flatten().filter_map(|child| archive.manifest(&child.digest))
        {
            catalog.add(path(&entry.repository), None, child.clone());
        }
        catalog.add(path(&entry.repository), entry.tag.as_deref(), top.clone());
    }
    catalog
}
