//! Which repository holds which manifests, tags and blobs.
//!
//! A repository is known by its path and by the upstream host that it is from. Clients that go through a mirror ask for
//! the path alone, and containerd adds the host as `?ns=`: see [`Catalog::view`].

pub(crate) mod repository;
pub(crate) mod view;

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::oci::{Descriptor, Manifest};
use repository::Repository;
pub use repository::Stored;
use view::View;

/// The host of repositories that no upstream is known of.
const NOWHERE: &str = "";
/// Docker's registry, and the names under which clients know it.
const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_NAMES: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];

/// The repositories of a registry, by path and then by upstream's host.
#[derive(Debug, Default)]
pub struct Catalog {
    repositories: BTreeMap<String, BTreeMap<String, Repository>>,
}

impl Catalog {
    /// Adds a manifest under its digest and, if one is given, a tag; its blobs belong to the repository too.
    pub fn add(&mut self, repository: &str, tag: Option<&str>, manifest: Manifest) {
        self.add_from(NOWHERE, repository, tag, manifest);
    }

    /// Adds a manifest to a repository of an upstream host.
    pub fn add_from(&mut self, host: &str, repository: &str, tag: Option<&str>, manifest: Manifest) {
        let held = self.repository(host, repository);
        held.blobs.extend(manifest.document.blobs().map(|blob| blob.digest));
        let digest = manifest.descriptor.digest;
        held.manifests.insert(digest, manifest.into());
        held.tags.extend(tag.map(|tag| (tag.to_owned(), digest)));
    }

    /// Adds a blob to a repository.
    pub fn add_blob(&mut self, repository: &str, digest: Digest) {
        self.repository(NOWHERE, repository).blobs.insert(digest);
    }

    fn repository(&mut self, host: &str, path: &str) -> &mut Repository {
        self.repositories.entry(path.to_owned()).or_default().entry(host.to_owned()).or_default()
    }

    /// Returns the paths of all repositories, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.repositories.keys().map(String::as_str)
    }

    /// Returns what a client gets to see of a path. `None`: there is no such repository.
    ///
    /// The host that it names decides. Without one, all hosts that have the path are looked into. A host without content
    /// in the bundle may be the name of this very registry: it is given what it asks for by digest, and no tags, so that a
    /// tag of one upstream is never handed out as another's.
    // See: containerd docs/hosts.md; `ns` is what it adds for a mirror
    pub(crate) fn view(&self, path: &str, host: Option<&str>) -> Option<View<'_>> {
        let held = self.repositories.get(path)?;
        let all = || held.iter().map(|(host, repository)| (host.as_str(), repository)).collect();
        let Some(host) = host.map(canonical) else { return Some(View { held: all(), tags: true }) };
        if let Some((host, repository)) = held.get_key_value(host) {
            return Some(View { held: vec![(host, repository)], tags: true });
        }
        let mut hosts = self.repositories.values().flat_map(BTreeMap::keys);
        let is_known = hosts.any(|known| known == host);
        (!is_known).then(|| View { held: all(), tags: held.contains_key(NOWHERE) })
    }

    /// Returns what refers to a digest in a repository.
    #[must_use]
    pub fn referrers(&self, repository: &str, subject: &Digest) -> Vec<Descriptor> {
        self.view(repository, None).map(|view| view.referrers(subject)).unwrap_or_default()
    }

    /// Gives every manifest that is referred to its `sha256-…` tag, where it has none.
    // See: OCI distribution-spec, "Referrers Tag Schema"
    pub(crate) fn with_fallback_tags(mut self) -> Self {
        self.repositories.values_mut().flat_map(BTreeMap::values_mut).for_each(Repository::tag_referrers);
        self
    }
}

fn canonical(host: &str) -> &str {
    if DOCKER_HUB_NAMES.contains(&host) { DOCKER_HUB } else { host }
}
