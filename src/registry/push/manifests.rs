//! Puts manifests, children first, then what they lead to under its tags.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::error::PushError;
use super::item::Item;
use super::read_back::read_back;
use super::referrers::{Unlisted, descriptor, list};
use super::target::{Push, QUESTIONS};
use crate::oci::Manifest;
use crate::registry::error::RegistryError;
use crate::report::Reporter;

/// Puts every item and returns the names of the optional ones that the registry refused.
pub(super) async fn put_all(
    push: &Push,
    items: &[Item],
    reporter: &dyn Reporter,
) -> Result<Vec<String>, PushError> {
    let below = stream::iter(items.iter().map(|item| put_below(push, item)));
    let below: Vec<_> = below.buffered(QUESTIONS).try_collect().await?;
    // A client that finds an item assumes that everything below it exists, so that is listed first.
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
            "`{}` refuses an index without all of its platforms: {} original indexes were left out, their subsets were pushed",
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
        Err(error) if item.optional && refuses_content(&error) => Ok(None),
        answer => answer.map(Some),
    }
}

/// Tells whether a registry answered about what it was sent, rather than about who sent it, how large it is or when. Registries differ in
/// how they say that a child is not there.
// See: RFC 9110, "Client Error 4xx"; OCI distribution-spec, "Error Codes", has 404 for an unknown child
fn refuses_content(error: &RegistryError) -> bool {
    match error {
        RegistryError::NotFound { .. } => true,
        RegistryError::Status { status, .. } => {
            (400..500).contains(status)
                && ![401, 403, 407, 408, 413, 421, 425, 429, 431, 451].contains(status)
        }
        _ => false,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_about_the_content_or_about_something_else() {
        let place = || crate::registry::place::Place { url: String::new(), proxy: None };
        let status = |status| RegistryError::Status {
            what: String::new(),
            place: place(),
            expected: "201",
            status,
            message: String::new(),
            retry_after: None,
        };
        for (code, about_content) in [
            (400, true),
            (404, true),
            (409, true),
            (412, true),
            (422, true),
            (401, false),
            (403, false),
            (413, false),
            (429, false),
            (500, false),
            (503, false),
            (301, false),
        ] {
            assert_eq!(refuses_content(&status(code)), about_content, "{code}");
        }
        let silent = RegistryError::Silent { what: String::new(), place: place(), seconds: 1 };
        assert!(!refuses_content(&silent));
    }
}
