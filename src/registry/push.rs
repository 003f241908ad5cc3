//! Brings manifests and their blobs into a registry, and reads back that they are there.
//!
//! First everything is asked for ([`Push::plan`]), so that what has to be sent is known and can be hashed before a byte
//! leaves; then each blob is sent once and mounted wherever else it is needed, children before parents, tags last.

mod blobs;
mod error;
mod manifests;
mod read_back;
mod referrers;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};

pub use error::PushError;
pub use summary::PushPlan;

use super::endpoint::Endpoint;
use super::oci::Descriptor;
use super::{Client, Manifest, RegistryError, Repository};
use crate::digest::Digest;
use crate::report::Reporter;
use crate::store::BlobSource;

/// How many questions are asked at once.
const QUESTIONS: usize = 16;

/// One thing that must be in the registry afterwards, with everything below it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Upstream's repository with its host; its path is the path at the target.
    pub upstream: String,
    /// The path of the repository at the target.
    pub repository: String,
    /// The tag under which it is stored, if any.
    pub tag: Option<String>,
    /// The manifests, children first; the last one is the item itself.
    pub manifests: Vec<Manifest>,
    /// Whether a registry may refuse it: an index of which not every platform travels.
    pub optional: bool,
}

/// Where and how to push.
#[derive(Clone)]
pub struct Push {
    /// The client.
    pub client: Client,
    /// The target.
    pub endpoint: Endpoint,
    /// Whether a tag that points elsewhere is moved.
    pub retag: bool,
    /// How many blobs are sent at once.
    pub jobs: usize,
}

/// What has to be sent.
pub struct Plan {
    push: Push,
    items: Vec<Item>,
    present: usize,
    blobs: Vec<PlannedBlob>,
}

/// A blob, the repositories that hold it already, and those that need it.
#[derive(Debug, Clone)]
struct PlannedBlob {
    digest: Digest,
    size: u64,
    held_by: Option<String>,
    needed_by: Vec<String>,
}

/// What was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct PushReport {
    /// Items that were there already.
    pub present: usize,
    /// Items that were sent.
    pub sent: usize,
    /// Blobs that were sent.
    pub blobs: usize,
    /// Bytes of those blobs.
    pub bytes: u64,
    /// Original indexes that the registry would not take.
    pub left_out: Vec<String>,
}

impl Item {
    /// Returns the manifest of the item itself.
    fn top(&self) -> Option<&Manifest> {
        self.manifests.last()
    }

    /// Returns what the item itself leads to, children first.
    fn below(&self) -> &[Manifest] {
        self.manifests.split_last().map_or(&[], |(_, below)| below)
    }

    /// Returns its tag, or its digest where it has none.
    fn reference(&self) -> String {
        self.tag
            .clone()
            .or_else(|| self.top().map(|top| top.descriptor.digest.to_string()))
            .unwrap_or_default()
    }

    fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().flat_map(|manifest| manifest.document.blobs())
    }
}

impl Push {
    /// Asks the registry what it has.
    ///
    /// # Errors
    /// When the registry does not answer, a tag points elsewhere, or two upstream repositories would become one.
    pub async fn plan(self, items: Vec<Item>) -> Result<Plan, PushError> {
        refuse_collisions(items.iter().map(|item| (&*item.upstream, &*item.repository)))?;
        let asked = stream::iter(items.into_iter().map(|item| {
            let push = self.clone();
            async move { push.is_present(&item).await.map(|present| (item, present)) }
        }));
        let asked: Vec<_> = asked.buffered(QUESTIONS).try_collect().await?;
        let present = asked.iter().filter(|(_, present)| *present).count();
        let items: Vec<_> = asked.into_iter().filter(|(_, present)| !present).map(|(item, _)| item).collect();
        let blobs = self.plan_blobs(&items).await?;
        Ok(Plan { push: self, items, present, blobs })
    }

    fn repository(&self, path: &str) -> Repository {
        self.client.repository(self.endpoint.clone(), path, &format!("{}/{path}", self.endpoint.host))
    }

    /// Returns whether an item is there with everything below it, and can be found. A push that was interrupted, or a registry that
    /// was cleaned up, may have left a part.
    async fn is_present(&self, item: &Item) -> Result<bool, PushError> {
        let Some(top) = item.top() else { return Ok(true) };
        let found = self.repository(&item.repository).resolve(&item.reference()).await?;
        match found {
            Some(found) if found == top.descriptor.digest => Ok(self.is_whole(item).await?),
            Some(found) if !self.retag => Err(PushError::TagTaken {
                name: format!("{}/{}:{}", self.endpoint.host, item.repository, item.reference()),
                expected: top.descriptor.digest,
                found,
            }),
            _ => Ok(false),
        }
    }

    async fn is_whole(&self, item: &Item) -> Result<bool, RegistryError> {
        let repository = self.repository(&item.repository);
        for manifest in item.below() {
            let digest = manifest.descriptor.digest;
            if repository.resolve(&digest.to_string()).await? != Some(digest) {
                return Ok(false);
            }
        }
        for manifest in &item.manifests {
            if !read_back::is_found(self, item, manifest).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn plan_blobs(&self, items: &[Item]) -> Result<Vec<PlannedBlob>, PushError> {
        let mut wanted: BTreeMap<Digest, (u64, BTreeSet<String>)> = BTreeMap::new();
        for item in items {
            for blob in item.blobs() {
                wanted
                    .entry(blob.digest)
                    .or_insert((blob.size, BTreeSet::new()))
                    .1
                    .insert(item.repository.clone());
            }
        }
        let asked = stream::iter(
            wanted
                .into_iter()
                .map(|(digest, (size, repositories))| self.plan_blob(digest, size, repositories)),
        );
        asked.buffered(QUESTIONS).try_collect().await
    }

    async fn plan_blob(
        &self,
        digest: Digest,
        size: u64,
        repositories: BTreeSet<String>,
    ) -> Result<PlannedBlob, PushError> {
        let mut blob = PlannedBlob { digest, size, held_by: None, needed_by: Vec::new() };
        for path in repositories {
            if self.repository(&path).has_blob(&digest).await? {
                blob.held_by = Some(path);
            } else {
                blob.needed_by.push(path);
            }
        }
        Ok(blob)
    }
}

/// Refuses two upstream repositories that would be one: each is given with its path at the target.
///
/// # Errors
/// The first two of them.
pub fn refuse_collisions<U, P>(placed: impl IntoIterator<Item = (U, P)>) -> Result<(), PushError>
where
    U: AsRef<str>,
    P: AsRef<str> + Ord,
{
    let mut upstream: BTreeMap<P, U> = BTreeMap::new();
    for (second, repository) in placed {
        match upstream.get(&repository) {
            Some(first) if first.as_ref() != second.as_ref() => {
                let (first, second) = (first.as_ref().to_owned(), second.as_ref().to_owned());
                let repository = repository.as_ref().to_owned();
                return Err(PushError::Collision { repository, first, second });
            }
            Some(_) => {}
            None => drop(upstream.insert(repository, second)),
        }
    }
    Ok(())
}

impl Plan {
    /// Returns the blobs that have to be sent: hash them before [`Plan::run`].
    #[must_use]
    pub fn uploads(&self) -> Vec<Digest> {
        self.blobs.iter().filter(|blob| blob.held_by.is_none()).map(|blob| blob.digest).collect()
    }

    /// Returns how many bytes have to be sent.
    #[must_use]
    pub fn upload_bytes(&self) -> u64 {
        self.blobs.iter().filter(|blob| blob.held_by.is_none()).map(|blob| blob.size).sum()
    }

    /// Sends what is missing, then reads back that every item is there.
    ///
    /// # Errors
    /// The first failure, or the list of what cannot be read back.
    pub async fn run(
        self,
        source: Arc<dyn BlobSource>,
        reporter: Arc<dyn Reporter>,
    ) -> Result<PushReport, PushError> {
        let uploads = self.uploads();
        let bytes = self.upload_bytes();
        blobs::send_all(&self.push, self.blobs, source, reporter.clone()).await?;
        let left_out = manifests::put_all(&self.push, &self.items, &*reporter).await?;
        Ok(PushReport {
            present: self.present,
            sent: self.items.len() - left_out.len(),
            blobs: uploads.len(),
            bytes,
            left_out,
        })
    }
}

#[cfg(test)]
mod tests;
