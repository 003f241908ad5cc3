//! Fetches a manifest that another one names.

use crate::oci::{Descriptor, Manifest};
use crate::registry::{RegistryError, Repository};

/// Fetches a manifest and compares its size with the descriptor; the registry's client has compared its digest.
pub(super) async fn manifest(
    repository: &Repository,
    descriptor: &Descriptor,
) -> Result<Manifest, RegistryError> {
    let digest = descriptor.digest.to_string();
    let found = repository.manifest(&digest).await?;
    let manifest = found.ok_or_else(|| repository.not_found(&digest))?;
    if manifest.descriptor.size != descriptor.size {
        return Err(RegistryError::Size {
            what: format!("`{}@{digest}`", repository.name()),
            expected: descriptor.size,
            found: manifest.descriptor.size,
        });
    }
    Ok(manifest)
}
