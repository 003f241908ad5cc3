//! A push is complete when everything can be read back: each manifest by its digest, each tag, each referrer from its subject.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::error::PushError;
use super::item::Item;
use super::referrers;
use super::target::{Push, QUESTIONS};
use crate::oci::Manifest;
use crate::registry::error::RegistryError;

/// Reads back what was sent.
pub(super) async fn read_back(push: &Push, items: impl Iterator<Item = &Item>) -> Result<(), PushError> {
    let asked = stream::iter(items.map(|item| missing(push, item)));
    let missing: Vec<Vec<String>> = asked.buffered(QUESTIONS).try_collect().await?;
    let missing: Vec<String> = missing.into_iter().flatten().collect();
    if missing.is_empty() { Ok(()) } else { Err(PushError::Incomplete { missing }) }
}

/// Returns what of an item cannot be read back.
async fn missing(push: &Push, item: &Item) -> Result<Vec<String>, RegistryError> {
    let mut missing = Vec::new();
    for manifest in &item.manifests {
        let found = is_whole(push, item, manifest).await?;
        if !found {
            missing.push(format!("{}@{}", item.repository, manifest.descriptor.digest));
        } else if !is_found(push, item, manifest).await? {
            missing.push(format!(
                "{}@{} (not listed as a referrer)",
                item.repository, manifest.descriptor.digest
            ));
        }
    }
    let expected = item.top().map(|top| top.descriptor.digest);
    if let Some(tag) = item.tag.as_deref().filter(|_| missing.is_empty()) {
        let found = push.repository(&item.repository).resolve(tag).await?;
        missing.extend((found != expected).then(|| format!("{}:{tag}", item.repository)));
    }
    Ok(missing)
}

/// Reads a manifest whole; other bytes than those that were sent are as good as none.
async fn is_whole(push: &Push, item: &Item, manifest: &Manifest) -> Result<bool, RegistryError> {
    let digest = manifest.descriptor.digest.to_string();
    match push.repository(&item.repository).manifest(&digest).await {
        Err(error) if error.is_refusal() => Ok(false),
        found => Ok(found?.is_some()),
    }
}

/// Tells whether a manifest that refers to another can be found from there; any other manifest is found by its name.
pub(super) async fn is_found(push: &Push, item: &Item, manifest: &Manifest) -> Result<bool, RegistryError> {
    match &manifest.document.subject {
        Some(subject) => {
            let digest = &manifest.descriptor.digest;
            referrers::is_listed(push, &item.repository, &subject.digest, digest).await
        }
        None => Ok(true),
    }
}
