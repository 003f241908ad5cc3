//! Puts signatures into a registry, beside what they are about.

use airgap_bundle::digest::Digest;
use airgap_bundle::oci::{self, Descriptor};
use airgap_bundle::registry::{RegistryError, Repository};
use serde_json::{Value, json};

use super::super::layer::Blob;
use super::store::SignedManifest;

impl SignedManifest {
    /// Pushes blobs and manifest; a referrer is listed behind the fallback tag too, for registries without a referrers API.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub async fn push(&self, repository: &Repository, subject: &Digest) -> Result<(), RegistryError> {
        for blob in self.blobs.iter().cloned().map(Blob::of) {
            if !repository.has_blob(&blob.digest).await? {
                repository.upload(&blob.digest, blob.size, || blob.stream()).await?;
            }
        }
        let digest = self.descriptor.digest.to_string();
        let reference = self.tag.as_ref().unwrap_or(&digest);
        repository.put_manifest(reference, oci::MANIFEST, self.manifest.clone()).await?;
        match self.tag {
            None => list(repository, subject, &self.descriptor).await,
            Some(_) => Ok(()),
        }
    }
}

// See: OCI distribution-spec, "Referrers Tag Schema"
async fn list(repository: &Repository, subject: &Digest, new: &Descriptor) -> Result<(), RegistryError> {
    let tag = format!("sha256-{}", subject.hex());
    let listed = repository.manifest(&tag).await?;
    let listed = listed.and_then(|index| serde_json::from_slice::<Value>(&index.bytes).ok());
    let mut index =
        listed.unwrap_or_else(|| json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": []}));
    if let Some(manifests) = index["manifests"].as_array_mut() {
        manifests.push(json!(new));
    }
    repository.put_manifest(&tag, oci::INDEX, index.to_string().into()).await?;
    Ok(())
}
