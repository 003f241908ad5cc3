//! Puts manifests, children first, keeps the fallback tag of referrers, and reads everything back.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{Item, Push, PushError, QUESTIONS};
use crate::digest::Digest;
use crate::registry::RegistryError;
use crate::registry::oci::{self, Descriptor};
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
    let put = stream::iter(items.iter().map(|item| put(push, item)));
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

/// Puts one item. `None`: it is optional, and the registry would not take it.
async fn put(push: &Push, item: &Item) -> Result<Option<Vec<Unlisted>>, RegistryError> {
    let repository = push.repository(&item.repository);
    let mut unlisted = Vec::new();
    for (place, manifest) in item.manifests.iter().enumerate() {
        let digest = manifest.descriptor.digest.to_string();
        let last = place + 1 == item.manifests.len();
        let reference = if last { item.reference() } else { digest };
        let answer = repository
            .put_manifest(&reference, &manifest.descriptor.media_type, manifest.bytes.clone())
            .await;
        let listed = match answer {
            Err(RegistryError::Status { status: 400, .. } | RegistryError::NotFound { .. })
                if item.optional && last =>
            {
                return Ok(None);
            }
            answer => answer?,
        };
        if let Some(subject) = manifest.document.subject.as_ref().filter(|_| !listed) {
            let mut descriptor = manifest.descriptor.clone();
            descriptor.artifact_type = manifest
                .document
                .artifact_type
                .clone()
                .or_else(|| manifest.document.config.as_ref().map(|config| config.media_type.clone()));
            descriptor.annotations = manifest.document.annotations.clone();
            unlisted.push(Unlisted {
                repository: item.repository.clone(),
                subject: subject.digest,
                descriptor,
            });
        }
    }
    Ok(Some(unlisted))
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
