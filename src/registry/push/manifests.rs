//! Puts manifests, children first, then what they lead to under its tags.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::read_back::read_back;
use super::referrers::{Unlisted, descriptor, list};
use super::{Item, Push, PushError, QUESTIONS};
use crate::registry::{Manifest, RegistryError};
use crate::report::Reporter;

/// Puts every item and returns the names of the optional ones that the registry refused.
pub(super) async fn put_all(
    push: &Push,
    items: &[Item],
    reporter: &dyn Reporter,
) -> Result<Vec<String>, PushError> {
    let below = stream::iter(items.iter().map(|item| put_below(push, item)));
    let below: Vec<_> = below.buffered(QUESTIONS).try_collect().await?;
    // Whoever finds an item takes everything below it for done, so that is listed before the item is there.
    list(push, below.into_iter().flatten().collect()).await?;
    let put = stream::iter(items.iter().map(|item| put_top(push, item)));
    let put: Vec<_> = put.buffered(QUESTIONS).try_collect().await?;
    let mut unlisted = Vec::new();
    let (mut taken, mut left_out) = (Vec::new(), Vec::new());
    for (item, outcome) in items.iter().zip(put) {
        match outcome {
            Some(found) => {
                taken.push(item);
                unlisted.extend(found);
            }
            None => left_out.push(format!("{}@{}", item.upstream, item.reference())),
        }
    }
    if !left_out.is_empty() {
        reporter.warn(format!(
            "`{}` takes no index of which not every platform is there: {} original indexes were left out; their subsets are there",
            push.endpoint.host,
            left_out.len()
        ));
    }
    list(push, unlisted).await?;
    read_back(push, taken.into_iter()).await?;
    Ok(left_out)
}

/// Puts what an item's top leads to.
async fn put_below(push: &Push, item: &Item) -> Result<Vec<Unlisted>, RegistryError> {
    let mut unlisted = Vec::new();
    for manifest in item.below() {
        unlisted.extend(put(push, item, manifest, &manifest.descriptor.digest.to_string()).await?);
    }
    Ok(unlisted)
}

/// Puts an item's top. `None`: it is optional, and the registry would not take it.
async fn put_top(push: &Push, item: &Item) -> Result<Option<Option<Unlisted>>, RegistryError> {
    let Some(top) = item.top() else { return Ok(Some(None)) };
    match put(push, item, top, &item.reference()).await {
        Err(RegistryError::Status { status: 400, .. } | RegistryError::NotFound { .. }) if item.optional => {
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

/// Puts a manifest. Returns what has to be listed, where the registry does not do so itself.
async fn put(
    push: &Push,
    item: &Item,
    manifest: &Manifest,
    reference: &str,
) -> Result<Option<Unlisted>, RegistryError> {
    let repository = push.repository(&item.repository);
    let media_type = &manifest.descriptor.media_type;
    let listed = repository.put_manifest(reference, media_type, manifest.bytes.clone()).await?;
    let subject = manifest.document.subject.as_ref().filter(|_| !listed);
    Ok(subject.map(|subject| Unlisted {
        repository: item.repository.clone(),
        subject: subject.digest,
        descriptor: descriptor(manifest),
    }))
}
