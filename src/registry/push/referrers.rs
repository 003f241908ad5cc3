//! The fallback tag: how referrers are listed in a registry without the referrers API.
//!
//! Others may write the same tag. Their entries stay, and the tag is read back after each write, as no write is atomic.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::target::Push;
use crate::digest::Digest;
use crate::oci::{self, Descriptor, Manifest};
use crate::registry::error::RegistryError;

/// How often a tag is written before another client is blamed for overwriting it.
const WRITES: usize = 5;

/// A referrer that the registry took without keeping a list of its own.
pub(super) struct Unlisted {
    pub repository: String,
    pub subject: Digest,
    pub descriptor: Descriptor,
}

/// Returns how a referrer is listed.
// See: OCI distribution-spec, "Listing Referrers": artifactType is the manifest's, else its config's media type
pub(super) fn descriptor(manifest: &Manifest) -> Descriptor {
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
            let index = repository.manifest(&tag(subject)).await?;
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
        add(push, &path, &subject, &descriptors).await?;
    }
    Ok(())
}

/// Writes the tag until it lists everything.
async fn add(
    push: &Push,
    path: &str,
    subject: &Digest,
    descriptors: &[Descriptor],
) -> Result<(), RegistryError> {
    let repository = push.repository(path);
    let tag = tag(subject);
    let malformed =
        |reason: String| RegistryError::Malformed { what: format!("`{}:{tag}`", repository.name()), reason };
    for _ in 0..WRITES {
        let existing = repository.manifest(&tag).await?;
        let media_type =
            existing.as_ref().map_or(oci::INDEX, |index| &index.descriptor.media_type).to_owned();
        let Some(bytes) = merged(existing, descriptors).map_err(malformed)? else { return Ok(()) };
        repository.put_manifest(&tag, &media_type, bytes).await?;
    }
    match merged(repository.manifest(&tag).await?, descriptors).map_err(malformed)? {
        None => Ok(()),
        Some(_) => Err(malformed(format!(
            "written {WRITES} times, and it still does not list the pushed referrers: another client keeps overwriting it"
        ))),
    }
}

/// Returns an index with the referrers added, or nothing where all of them are in it.
fn merged(existing: Option<Manifest>, descriptors: &[Descriptor]) -> Result<Option<Bytes>, String> {
    let mut index = match existing {
        Some(index) => serde_json::from_slice(&index.bytes).map_err(|error| format!("not JSON: {error}"))?,
        None => json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": []}),
    };
    let listed = index.get_mut("manifests").and_then(Value::as_array_mut);
    let listed =
        listed.ok_or("the tag exists and is not an index of referrers; remove it from the registry")?;
    let before = listed.len();
    for descriptor in descriptors {
        if !listed.iter().any(|other| other["digest"] == json!(descriptor.digest)) {
            listed.push(json!(descriptor));
        }
    }
    let grown = listed.len() > before;
    Ok(grown.then(|| index.to_string().into()))
}

fn tag(subject: &Digest) -> String {
    format!("sha256-{}", subject.hex())
}
