//! Puts manifests, children first, keeps the fallback tag of referrers, and reads everything back.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{Item, Push, PushError, QUESTIONS};
use crate::digest::Digest;
use crate::registry::oci::{self, Descriptor};
use crate::registry::{Manifest, RegistryError};
use crate::report::Reporter;

/// A referrer that the registry took without keeping a list of its own.
pub(super) struct Unlisted {
    pub repository: String,
    pub subject: Digest,
    pub descriptor: Descriptor,
}

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
    let mut left_out = Vec::new();
    for (item, outcome) in items.iter().zip(put) {
        match outcome {
            Some(found) => unlisted.extend(found),
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
    read_back(push, items, &left_out).await?;
    Ok(left_out)
}

/// Puts what an item's top leads to.
async fn put_below(push: &Push, item: &Item) -> Result<Vec<Unlisted>, RegistryError> {
    let mut unlisted = Vec::new();
    for manifest in item.manifests.iter().rev().skip(1).rev() {
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

/// Returns how a referrer is listed.
// See: OCI distribution-spec, "Listing Referrers": artifactType is the manifest's, else its config's media type
fn descriptor(manifest: &Manifest) -> Descriptor {
    let document = &manifest.document;
    let config_type = || document.config.as_ref().map(|config| config.media_type.clone());
    Descriptor {
        artifact_type: document.artifact_type.clone().or_else(config_type),
        annotations: document.annotations.clone(),
        ..manifest.descriptor.clone()
    }
}

/// Tells whether a referrer that is there can be found from what it refers to.
pub(super) async fn is_listed(
    push: &Push,
    path: &str,
    subject: &Digest,
    referrer: &Digest,
) -> Result<bool, RegistryError> {
    let repository = push.repository(path);
    let listed = match repository.referrers(subject).await? {
        Some(listed) => listed,
        None => {
            let index = repository.manifest(&format!("sha256-{}", subject.hex())).await?;
            index.and_then(|index| index.document.manifests).unwrap_or_default()
        }
    };
    Ok(listed.iter().any(|descriptor| descriptor.digest == *referrer))
}

/// Adds referrers to the fallback tag, beside whatever it lists already.
// See: OCI distribution-spec, "Referrers Tag Schema"
pub(super) async fn list(push: &Push, unlisted: Vec<Unlisted>) -> Result<(), RegistryError> {
    let mut by_subject: BTreeMap<(String, Digest), Vec<Descriptor>> = BTreeMap::new();
    for Unlisted { repository, subject, descriptor } in unlisted {
        by_subject.entry((repository, subject)).or_default().push(descriptor);
    }
    for ((path, subject), descriptors) in by_subject {
        let repository = push.repository(&path);
        let tag = format!("sha256-{}", subject.hex());
        let existing = repository.manifest(&tag).await?;
        let mut index: Value =
            existing.and_then(|index| serde_json::from_slice(&index.bytes).ok()).unwrap_or_else(empty_index);
        if let Some(listed) = index.get_mut("manifests").and_then(Value::as_array_mut) {
            for descriptor in descriptors {
                if !listed.iter().any(|other| other["digest"] == json!(descriptor.digest)) {
                    listed.push(json!(descriptor));
                }
            }
        }
        repository.put_manifest(&tag, oci::INDEX, index.to_string().into()).await?;
    }
    Ok(())
}

fn empty_index() -> Value {
    json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": []})
}

async fn read_back(push: &Push, items: &[Item], left_out: &[String]) -> Result<(), PushError> {
    let wanted =
        items.iter().filter(|item| !left_out.contains(&format!("{}@{}", item.upstream, item.reference())));
    let wanted =
        wanted.flat_map(|item| item.manifests.iter().map(move |manifest| (item, manifest.descriptor.digest)));
    let asked = stream::iter(wanted.map(|(item, digest)| async move {
        let found = push.repository(&item.repository).resolve(&digest.to_string()).await?;
        Ok::<_, RegistryError>((found != Some(digest)).then(|| format!("{}@{digest}", item.repository)))
    }));
    let missing: Vec<_> = asked.buffered(QUESTIONS).try_collect().await?;
    let missing: Vec<String> = missing.into_iter().flatten().collect();
    if missing.is_empty() { Ok(()) } else { Err(PushError::Incomplete { missing }) }
}
