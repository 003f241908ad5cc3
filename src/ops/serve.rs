//! `bundle serve`: what a registry that is a bundle holds.

use std::collections::BTreeMap;

use super::error::OpsError;
use super::push::path;
use crate::archive::Archive;
use crate::registry::push::PushError;
use crate::registry::server::Catalog;

/// Returns the repositories of a bundle: upstream's paths without their hosts, as a mirror is asked for them.
///
/// # Errors
/// When two upstream repositories have the same path, so that one name would mean both.
pub fn catalog(archive: &Archive) -> Result<Catalog, OpsError> {
    let mut catalog = Catalog::default();
    let mut upstream: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in archive.entries() {
        let path = path(&entry.repository);
        let first = upstream.entry(path).or_insert(&entry.repository);
        if *first != entry.repository {
            let (first, second) = ((*first).to_owned(), entry.repository.clone());
            return Err(PushError::Collision { repository: path.to_owned(), first, second }.into());
        }
        let Some(top) = archive.manifest(&entry.descriptor.digest) else { continue };
        let children = top.document.manifests.iter().flatten();
        for child in children.filter_map(|child| archive.manifest(&child.digest)) {
            catalog.add(path, None, child.clone());
        }
        catalog.add(path, entry.tag.as_deref(), top.clone());
    }
    Ok(catalog)
}
