//! What is pushed for one reference: blobs, manifests, and the tags of the topmost one.

use bytes::Bytes;
use serde_json::{Value, json};

use airgap_bundle::digest::Digest;
use airgap_bundle::oci::{self, Descriptor, Platform};
use airgap_bundle::registry::{RegistryError, Repository};

use super::layer::Blob;

/// A manifest or index with its bytes.
#[derive(Debug, Clone)]
pub struct Document {
    media_type: String,
    bytes: Bytes,
}

impl Document {
    /// Makes a manifest; what is null in it is left out.
    #[must_use]
    pub fn manifest(media_type: &str, mut fields: Value) -> Self {
        let mut value = json!({"schemaVersion": 2, "mediaType": media_type});
        let filled = fields.as_object_mut().into_iter().flatten().filter(|(_, field)| !is_empty(field));
        for (name, field) in filled {
            value[name] = field.take();
        }
        Self { media_type: media_type.to_owned(), bytes: value.to_string().into() }
    }

    /// Returns the descriptor.
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::of(&self.media_type, &self.bytes)
    }

    /// Returns the descriptor with a platform.
    #[must_use]
    pub fn on(&self, platform: &Platform) -> Descriptor {
        Descriptor { platform: Some(platform.clone()), ..self.descriptor() }
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Returns the descriptor of a blob.
#[must_use]
pub fn descriptor(media_type: &str, blob: &Blob) -> Descriptor {
    Descriptor { digest: blob.digest, size: blob.size, ..Descriptor::of(media_type, b"") }
}

/// Returns the empty configuration and its descriptor, which holds it too.
// See: OCI image-spec manifest.md, "Guidance for an Empty Descriptor"
#[must_use]
pub fn empty() -> (Blob, Value) {
    let blob = Blob::of("{}");
    let mut descriptor = json!(descriptor("application/vnd.oci.empty.v1+json", &blob));
    descriptor["data"] = json!("e30=");
    (blob, descriptor)
}

/// Everything that is pushed for one reference.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The blobs of all manifests.
    pub blobs: Vec<Blob>,
    /// The manifests below the topmost one.
    pub children: Vec<Document>,
    /// The manifest or index that the tags name.
    pub top: Document,
    /// The tags.
    pub tags: Vec<String>,
}

impl Publication {
    /// Pushes everything, blobs first, and returns the digest of the topmost manifest.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub async fn push(&self, repository: &Repository) -> Result<Digest, RegistryError> {
        for blob in &self.blobs {
            if !repository.has_blob(&blob.digest).await? {
                repository.upload(&blob.digest, blob.size, || blob.stream()).await?;
            }
        }
        for child in &self.children {
            let digest = child.descriptor().digest.to_string();
            repository.put_manifest(&digest, &child.media_type, child.bytes.clone()).await?;
        }
        for tag in &self.tags {
            repository.put_manifest(tag, &self.top.media_type, self.top.bytes.clone()).await?;
        }
        Ok(self.top.descriptor().digest)
    }
}

/// Returns the index of some manifests.
#[must_use]
pub fn index(media_type: &str, manifests: Vec<Descriptor>, annotations: Value) -> Document {
    debug_assert!(oci::is_index(media_type));
    Document::manifest(media_type, json!({"manifests": manifests, "annotations": annotations}))
}
