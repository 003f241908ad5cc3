//! Turns a reference into digests: the carried manifests, the subset index, and the evidence of who signed them.
//!
//! Only small things are fetched here and held in memory; the blobs are streamed later, once every size is known.

mod error;
mod evidence;
mod manifest;
mod platforms;
mod resolved;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;

use crate::digest::Digest;
use crate::oci::Manifest;
use crate::registry::{Client, RegistryError, Repository};
use crate::spec::{Item, ItemKind};
pub use error::ResolveError;
pub use evidence::MAX_EVIDENCE_BYTES;
use manifest::manifest;
pub use resolved::Resolved;

/// The largest configuration that is taken, in bytes.
const MAX_CONFIG_BYTES: u64 = 4 * 1024 * 1024;

/// Returns the index of the carried platforms of `top`; `None` if all are carried, or if it is not an index.
///
/// # Errors
/// [`ResolveError`] where a target is missing, or the index cannot be carried.
pub fn subset_of(item: &Item, top: &Manifest, targets: &[String]) -> Result<Option<Manifest>, ResolveError> {
    let Some(listed) = &top.document.manifests else { return Ok(None) };
    platforms::select(item, top, listed, targets).map(|(resolved, _)| resolved.subset)
}

/// Resolves one item. With a locked digest that digest is asked for, and the tag is not looked at.
///
/// # Errors
/// [`ResolveError`] when anything is missing, altered, or of a form that cannot be carried.
pub async fn resolve(
    client: &Client,
    item: &Item,
    targets: &[String],
    locked: Option<Digest>,
) -> Result<Resolved, ResolveError> {
    let repository = client.upstream(&item.reference);
    let failed = |source| ResolveError::Registry { reference: item.reference.to_string(), source };
    let top = top(&repository, item, locked).await.map_err(failed)?;
    let (mut resolved, children) = match &top.document.manifests {
        Some(listed) => platforms::select(item, &top, listed, targets)?,
        None => (Resolved::of(item, top.clone()), Vec::new()),
    };
    for child in &children {
        resolved.children.push(manifest(&repository, child).await.map_err(failed)?);
    }
    resolved.configs = configs(&repository, &resolved).await.map_err(failed)?;
    if resolved.top.document.manifests.is_none() && item.kind == ItemKind::Image {
        resolved.platforms = platforms::of_single(item, &resolved, targets)?;
    }
    resolved.evidence =
        evidence::discover(&repository, &resolved.top.descriptor.digest).await.map_err(failed)?;
    Ok(resolved)
}

async fn top(
    repository: &Repository,
    item: &Item,
    locked: Option<Digest>,
) -> Result<Manifest, RegistryError> {
    let digest = locked.or(item.reference.digest());
    let asked = digest
        .map(|digest| digest.to_string())
        .or_else(|| item.reference.tag().map(str::to_owned))
        .unwrap_or_default();
    let found = repository.manifest(&asked).await?;
    found.ok_or_else(|| repository.not_found(&asked))
}

async fn configs(
    repository: &Repository,
    resolved: &Resolved,
) -> Result<BTreeMap<Digest, Bytes>, RegistryError> {
    let mut configs = BTreeMap::new();
    for config in resolved.manifests().filter_map(|manifest| manifest.document.config.as_ref()) {
        if let Entry::Vacant(place) = configs.entry(config.digest) {
            place.insert(repository.blob(config, MAX_CONFIG_BYTES).await?);
        }
    }
    Ok(configs)
}
