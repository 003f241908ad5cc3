//! Which repository holds which manifests, tags and blobs.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::digest::Digest;
use crate::registry::Manifest;
use crate::registry::oci::Descriptor;

/// A manifest as a registry keeps it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The bytes as they came.
    pub bytes: Bytes,
    /// Their descriptor, as the referrers API lists it.
    pub descriptor: Descriptor,
    /// What it refers to.
    pub subject: Option<Digest>,
}

impl From<Manifest> for Stored {
    // See: OCI distribution-spec, "Listing Referrers": artifactType is the manifest's, else its config's media type
    fn from(manifest: Manifest) -> Self {
        let Manifest { bytes, mut descriptor, document } = manifest;
        descriptor.artifact_type =
            document.artifact_type.or_else(|| document.config.map(|config| config.media_type));
        descriptor.annotations = document.annotations;
        Self { bytes, descriptor, subject: document.subject.map(|subject| subject.digest) }
    }
}

/// The repositories of a registry.
#[derive(Debug, Default)]
pub struct Catalog {
    repositories: BTreeMap<String, Repository>,
}

#[derive(Debug, Default)]
pub(super) struct Repository {
    pub tags: BTreeMap<String, Digest>,
    pub manifests: BTreeMap<Digest, Stored>,
    pub blobs: BTreeSet<Digest>,
}

impl Repository {
    pub(super) fn manifest(&self, reference: &str) -> Option<&Stored> {
        let digest = self.tags.get(reference).copied().or_else(|| reference.parse().ok())?;
        self.manifests.get(&digest)
    }
}

impl Catalog {
    /// Adds a manifest under its digest and, if one is given, a tag; its blobs belong to the repository too.
    pub fn add(&mut self, repository: &str, tag: Option<&str>, manifest: Manifest) {
        let held = self.repositories.entry(repository.to_owned()).or_default();
        held.blobs.extend(manifest.document.blobs().map(|blob| blob.digest));
        let digest = manifest.descriptor.digest;
        held.manifests.insert(digest, manifest.into());
        held.tags.extend(tag.map(|tag| (tag.to_owned(), digest)));
    }

    /// Adds a blob to a repository.
    pub fn add_blob(&mut self, repository: &str, digest: Digest) {
        self.repositories.entry(repository.to_owned()).or_default().blobs.insert(digest);
    }

    pub(super) fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(name)
    }

    /// Returns what refers to a digest in a repository.
    #[must_use]
    pub fn referrers(&self, repository: &str, subject: &Digest) -> Vec<Descriptor> {
        let stored = self.repositories.get(repository).into_iter().flat_map(|held| held.manifests.values());
        stored
            .filter(|stored| stored.subject.as_ref() == Some(subject))
            .map(|stored| stored.descriptor.clone())
            .collect()
    }
}
