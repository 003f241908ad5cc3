//! What a client gets to see of a repository: that of one upstream host, or of all that have the path.

use std::collections::BTreeMap;

use super::repository::{Repository, Stored};
use crate::digest::Digest;
use crate::oci::Descriptor;

/// The view that one request has of a repository.
pub(crate) struct View<'a> {
    /// The repositories that are looked into, by host.
    pub held: Vec<(&'a str, &'a Repository)>,
    /// Whether tags are seen.
    pub tags: bool,
}

/// What a tag leads to.
pub(crate) enum Tagged<'a> {
    Stored(&'a Stored),
    /// To several manifests, each of another host.
    Several(Vec<&'a str>),
    Nothing,
}

impl<'a> View<'a> {
    fn repositories(&self) -> impl Iterator<Item = &'a Repository> {
        self.held.iter().map(|(_, repository)| *repository)
    }

    pub(crate) fn holds_blob(&self, digest: &Digest) -> bool {
        self.repositories().any(|held| held.blobs.contains(digest))
    }

    /// Returns a manifest by its digest.
    pub(crate) fn manifest(&self, digest: &Digest) -> Option<&'a Stored> {
        self.repositories().find_map(|held| held.manifests.get(digest))
    }

    /// Returns what a tag leads to; a fallback tag only if there is no other.
    pub(crate) fn tagged(&self, tag: &str) -> Tagged<'a> {
        let held = self.held.iter().filter(|_| self.tags);
        let found: Vec<_> = held
            .filter_map(|(host, held)| {
                let digest = held.tags.get(tag).or_else(|| held.fallback_tags.get(tag))?;
                Some((*host, held.manifests.get(digest)?))
            })
            .collect();
        match &found[..] {
            [] => Tagged::Nothing,
            [(_, first), others @ ..] => {
                let is_first =
                    |(_, other): &(&str, &Stored)| other.descriptor.digest == first.descriptor.digest;
                if others.iter().all(is_first) {
                    Tagged::Stored(first)
                } else {
                    Tagged::Several(found.iter().map(|(host, _)| *host).collect())
                }
            }
        }
    }

    /// Returns the tags, in order; upper case and lower case are the same there.
    // See: OCI distribution-spec, "Listing Tags"
    pub(crate) fn tags(&self) -> Vec<&'a str> {
        let held = self.repositories().filter(|_| self.tags);
        let mut tags: Vec<_> = held.flat_map(|held| held.tags.keys().map(String::as_str)).collect();
        tags.sort_by_cached_key(|tag| lexical(tag));
        tags.dedup();
        tags
    }

    /// Returns what refers to a digest, in the order of digests.
    pub(crate) fn referrers(&self, subject: &Digest) -> Vec<Descriptor> {
        let found = self.repositories().flat_map(|held| held.referrers(*subject));
        let found: BTreeMap<_, _> = found.map(|found| (found.digest, found)).collect();
        found.into_values().cloned().collect()
    }
}

/// Returns what names are ordered by: letters first, and then their case, so that no two are the same.
pub(crate) fn lexical(name: &str) -> (String, String) {
    (name.to_ascii_lowercase(), name.to_owned())
}
