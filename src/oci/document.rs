//! The fields of manifests and indexes that this program acts on.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::descriptor::Descriptor;

/// An image manifest or an index, as far as this program acts on it.
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
