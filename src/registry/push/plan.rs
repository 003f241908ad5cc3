//! Asks the registry what it has, and so finds what has to be sent.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::blobs::PlannedBlob;
use super::error::PushError;
use super::item::{Item, refuse_collisions};
use super::read_back;
use super::target::{Push, QUESTIONS};
use crate::digest::Digest;
use crate::registry::error::RegistryError;

/// What has to be sent.
pub struct Plan {
    pub(super) push: Push,
    pub(super) items: Vec<Item>,
    pub(super) present: usize,
    pub(super) blobs: Vec<PlannedBlob>,
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
}
