//! What is pushed.

use std::collections::BTreeMap;

use super::error::PushError;
use crate::oci::{Descriptor, Manifest};

/// One thing that must be in the registry afterwards, with everything below it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Upstream's repository with its host; its path is the path at the target.
    pub upstream: String,
    /// The path of the repository at the target.
    pub repository: String,
    /// The tag under which it is stored, if any.
    pub tag: Option<String>,
    /// The manifests, children first; the last one is the item itself.
    pub manifests: Vec<Manifest>,
    /// Whether a registry may refuse it: an index without all of its platforms.
    pub optional: bool,
}

impl Item {
    /// Returns the manifest of the item itself.
    pub(super) fn top(&self) -> Option<&Manifest> {
        self.manifests.last()
    }

    /// Returns what the item itself leads to, children first.
    pub(super) fn below(&self) -> &[Manifest] {
        self.manifests.split_last().map_or(&[], |(_, below)| below)
    }

    /// Returns its tag, or its digest where it has none.
    pub(super) fn reference(&self) -> String {
        self.tag
            .clone()
            .or_else(|| self.top().map(|top| top.descriptor.digest.to_string()))
            .unwrap_or_default()
    }

    pub(super) fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().flat_map(|manifest| manifest.document.blobs())
    }
}

/// Refuses two upstream repositories that would be one: each is given with its path at the target.
///
/// # Errors
/// The first two of them.
pub fn refuse_collisions<U, P>(placed: impl IntoIterator<Item = (U, P)>) -> Result<(), PushError>
where
    U: AsRef<str>,
    P: AsRef<str> + Ord,
{
    let mut upstream: BTreeMap<P, U> = BTreeMap::new();
    for (second, repository) in placed {
        match upstream.get(&repository) {
            Some(first) if first.as_ref() != second.as_ref() => {
                let (first, second) = (first.as_ref().to_owned(), second.as_ref().to_owned());
                let repository = repository.as_ref().to_owned();
                return Err(PushError::Collision { repository, first, second });
            }
            Some(_) => {}
            None => drop(upstream.insert(repository, second)),
        }
    }
    Ok(())
}
