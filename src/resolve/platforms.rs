//! Chooses the carried platforms of an index, and makes the subset index.

use std::collections::BTreeSet;

use super::error::ResolveError;
use super::resolved::Resolved;
use crate::oci::{Descriptor, Manifest, Platform};
use crate::spec::{Item, ItemKind};

// See: BuildKit docs/attestations/attestation-storage.md
const ATTESTED: &str = "vnd.docker.reference.digest";

/// Chooses the manifests of an index to carry.
pub(super) fn select(
    item: &Item,
    top: &Manifest,
    listed: &[Descriptor],
    targets: &[String],
) -> Result<(Resolved, Vec<Descriptor>), ResolveError> {
    let reference = item.reference.to_string();
    if let Some(nested) = listed.iter().find(|child| child.is_index()) {
        let reason = format!("its index holds another index (`{}`), which is not carried", nested.digest);
        return Err(ResolveError::Unsupported { reference, reason });
    }
    let travels: Vec<bool> = listed.iter().map(|child| travels(child, listed, targets)).collect();
    let chosen: Vec<_> = listed
        .iter()
        .zip(&travels)
        .filter(|(_, travels)| **travels)
        .map(|(child, _)| child.clone())
        .collect();
    let platforms = names(&chosen);
    let wants_all = item.kind == ItemKind::Image || listed.iter().any(|child| real_platform(child).is_some());
    let missing: Vec<_> =
        targets.iter().filter(|target| !chosen.iter().any(|child| is_for(child, target))).cloned().collect();
    if wants_all && !missing.is_empty() {
        return Err(ResolveError::Platforms { reference, missing, found: names(listed) });
    }
    let subset = if travels.iter().all(|travels| *travels) {
        None
    } else {
        Some(subset(top, &travels).map_err(|reason| ResolveError::Unsupported { reference, reason })?)
    };
    Ok((Resolved { subset, platforms, ..Resolved::of(item, top.clone()) }, chosen))
}

fn real_platform(child: &Descriptor) -> Option<&Platform> {
    child.platform.as_ref().filter(|platform| platform.os != "unknown")
}

fn is_for(child: &Descriptor, target: &str) -> bool {
    real_platform(child).is_some_and(|platform| platform.matches(target))
}

/// A child is carried if a target wants it, if it names no platform, or if it attests a carried one.
fn travels(child: &Descriptor, listed: &[Descriptor], targets: &[String]) -> bool {
    match (real_platform(child), child.annotations.get(ATTESTED)) {
        (Some(platform), _) => targets.iter().any(|target| platform.matches(target)),
        (None, Some(attested)) => listed.iter().any(|other| {
            other.digest.to_string() == *attested && targets.iter().any(|target| is_for(other, target))
        }),
        (None, None) => true,
    }
}

fn names(children: &[Descriptor]) -> Vec<String> {
    let names: BTreeSet<_> = children.iter().filter_map(real_platform).map(Platform::name).collect();
    names.into_iter().collect()
}

/// Makes the index of the carried children: the same fields and descriptors in the same order, as compact JSON.
fn subset(top: &Manifest, travels: &[bool]) -> Result<Manifest, String> {
    let mut value: serde_json::Value =
        serde_json::from_slice(&top.bytes).map_err(|error| error.to_string())?;
    let children =
        value.get_mut("manifests").and_then(serde_json::Value::as_array_mut).ok_or("it has no manifests")?;
    let mut travels = travels.iter();
    children.retain(|_| travels.next().is_some_and(|travels| *travels));
    let bytes = serde_json::to_vec(&value).map_err(|error| error.to_string())?;
    Manifest::parse(bytes.into(), Some(&top.descriptor.media_type))
}

/// Returns the platform of an image that has no index; it must be the only target.
pub(super) fn of_single(
    item: &Item,
    resolved: &Resolved,
    targets: &[String],
) -> Result<Vec<String>, ResolveError> {
    let config =
        resolved.top.document.config.as_ref().and_then(|config| resolved.configs.get(&config.digest));
    let platform: Option<Platform> = config.and_then(|bytes| serde_json::from_slice(bytes).ok());
    let reference = item.reference.to_string();
    let Some(platform) = platform else {
        return Err(ResolveError::Unsupported {
            reference,
            reason: "its configuration names no platform".to_owned(),
        });
    };
    let missing: Vec<_> = targets.iter().filter(|target| !platform.matches(target)).cloned().collect();
    if missing.is_empty() {
        Ok(vec![platform.name()])
    } else {
        Err(ResolveError::Platforms { reference, missing, found: vec![platform.name()] })
    }
}

#[cfg(test)]
mod tests;
