//! `bundle serve`: what a registry that is a bundle holds.

use super::push::warn_of_unused;
use crate::archive::Archive;
use crate::report::Reporter;
use crate::server::Catalog;
use crate::spec::{HostPaths, below};

/// Returns the repositories of a bundle, each with its host, which tells two of the same path apart: under upstream's paths, as a
/// mirror is asked for them, or below those that hosts have of their own; all of them below the prefix, if it is not empty.
/// Warns about `paths` for hosts that the bundle has nothing from.
#[must_use]
pub fn catalog(archive: &Archive, prefix: &str, paths: &HostPaths, reporter: &dyn Reporter) -> Catalog {
    warn_of_unused(archive, paths, reporter);
    let mut catalog = Catalog::default();
    for entry in archive.entries() {
        let Some(top) = archive.manifest(&entry.descriptor.digest) else { continue };
        let host = entry.repository.split_once('/').map_or("", |(host, _)| host);
        let path = &below(prefix, &paths.place(&entry.repository));
        let children = top.document.manifests.iter().flatten();
        for child in children.filter_map(|child| archive.manifest(&child.digest)) {
            catalog.add_from(host, path, None, child.clone());
        }
        catalog.add_from(host, path, entry.tag.as_deref(), top.clone());
    }
    catalog
}
