//! One repository of the registry: its manifests, tags and blobs.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::digest::Digest;
use crate::oci::{self, Descriptor, Manifest};

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
        let own = document.artifact_type.filter(|own| !own.is_empty());
        descriptor.artifact_type = own.or_else(|| document.config.map(|config| config.media_type));
        descriptor.annotations = document.annotations;
        Self { bytes, descriptor, subject: document.subject.map(|subject| subject.digest) }
    }
}

/// The repository of one upstream host.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub tags: BTreeMap<String, Digest>,
    /// Generated tags: they list the referrers, for clients that do not know the API.
    pub fallback_tags: BTreeMap<String, Digest>,
    pub manifests: BTreeMap<Digest, Stored>,
    pub blobs: BTreeSet<Digest>,
}

impl Repository {
    /// Returns what refers to a digest.
    pub(crate) fn referrers(&self, subject: Digest) -> impl Iterator<Item = &Descriptor> {
        let of_subject = move |stored: &&Stored| stored.subject == Some(subject);
        self.manifests.values().filter(of_subject).map(|stored| &stored.descriptor)
    }

    pub(super) fn tag_referrers(&mut self) {
        let subjects: BTreeSet<_> = self.manifests.values().filter_map(|stored| stored.subject).collect();
        for subject in subjects {
            let bytes: Bytes = referrers_index(self.referrers(subject)).into();
            let descriptor = Descriptor::of(oci::INDEX, &bytes);
            self.fallback_tags.insert(format!("sha256-{}", subject.hex()), descriptor.digest);
            let stored = Stored { bytes, descriptor, subject: None };
            self.manifests.entry(stored.descriptor.digest).or_insert(stored);
        }
    }
}

/// Returns the index that lists referrers.
pub(crate) fn referrers_index<'a>(found: impl Iterator<Item = &'a Descriptor>) -> String {
    let found: Vec<_> = found.collect();
    serde_json::json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": found}).to_string()
}
