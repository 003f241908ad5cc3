//! The OCI documents that are read and written: descriptors, manifests, indexes.
//!
//! Only the fields that are acted upon are decoded; the bytes themselves are kept and passed on as they came.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The media type of an OCI image index.
// See: OCI image-spec media-types.md
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The media type of an OCI image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an OCI image configuration.
pub const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The media type of the empty JSON object.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// Docker's name for an index.
// See: distribution docs/spec/manifest-v2-2.md
pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's name for a manifest.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The largest manifest or index that is taken, in bytes.
// See: OCI distribution-spec, "Pushing Manifests": registries accept at least 4 MiB
pub const MAX_MANIFEST_BYTES: u64 = 4 * 1024 * 1024;

/// Points to a blob or manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it points to.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What kind of artifact it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// What it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// Returns the descriptor of the given bytes.
    #[must_use]
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self::new(media_type, Digest::of(bytes), bytes.len() as u64)
    }

    /// Returns the descriptor of a blob of which digest and size in bytes are known.
    #[must_use]
    pub fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest,
            size,
            artifact_type: None,
            platform: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Returns the descriptor with one more annotation.
    #[must_use]
    pub fn annotated(mut self, key: &str, value: impl Into<String>) -> Self {
        self.annotations.insert(key.to_owned(), value.into());
        self
    }

    /// Returns whether it points to an index.
    #[must_use]
    pub fn is_index(&self) -> bool {
        is_index(&self.media_type)
    }
}

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The processor.
    pub architecture: String,
    /// The operating system.
    pub os: String,
    /// The processor's variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// Returns `os/architecture[/variant]`.
    #[must_use]
    pub fn name(&self) -> String {
        let variant = self.variant.as_ref().map(|variant| format!("/{variant}")).unwrap_or_default();
        format!("{}/{}{variant}", self.os, self.architecture)
    }

    /// Returns whether this is the wanted platform; a target without a variant takes `arm64/v8` as `arm64`.
    #[must_use]
    pub fn matches(&self, target: &str) -> bool {
        let plain = format!("{}/{}", self.os, self.architecture);
        self.name() == target
            || (plain == target && (self.variant.is_none() || self.variant.as_deref() == Some("v8")))
    }
}

/// An image manifest or an index, as far as it is acted upon.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Its own media type, where it names one.
    pub media_type: Option<String>,
    /// The kind of artifact.
    pub artifact_type: Option<String>,
    /// A manifest's configuration.
    pub config: Option<Descriptor>,
    /// A manifest's layers.
    #[serde(default)]
    pub layers: Vec<Descriptor>,
    /// An index's manifests.
    pub manifests: Option<Vec<Descriptor>>,
    /// What it refers to.
    pub subject: Option<Descriptor>,
    /// Annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

impl Document {
    /// Returns the blobs of a manifest: its configuration and its layers.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(&self.layers)
    }
}

/// Returns whether the media type is an index's.
#[must_use]
pub fn is_index(media_type: &str) -> bool {
    media_type == INDEX || media_type == DOCKER_INDEX
}

/// Returns whether the media type is a manifest's.
#[must_use]
pub fn is_manifest(media_type: &str) -> bool {
    media_type == MANIFEST || media_type == DOCKER_MANIFEST
}
