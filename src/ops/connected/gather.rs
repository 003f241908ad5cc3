//! Resolves, fetches and judges everything small that a spec names. Every fault is found in one go.

pub(super) mod file;
pub(super) mod pins;

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use super::compose::compose;
use super::upstream::Upstream;
use super::workspace::Workspace;
use crate::compose::Composed;
use crate::digest::Digest;
use crate::lock::{Lock, LockedItem};
use crate::ops::error::{EntryError, OpsError};
use crate::ops::judge::{judge, refuse_denied};
use crate::resolve::{Resolved, resolve};
use crate::spec::Item;
use crate::trust::{Judged, Verified};
use file::GatheredFile;
use pins::Pins;

/// How many entries are looked at at once.
const ENTRIES: usize = 8;

/// Everything small that a spec names, judged.
pub(super) struct Gathered {
    pub items: Vec<Verified<Judged<Resolved>>>,
    pub composed: Vec<Composed>,
    pub files: BTreeMap<String, GatheredFile>,
}

/// Gathers everything, or every reason why not.
pub(super) async fn gather(
    workspace: &Workspace,
    upstream: &Upstream,
    pins: Pins<'_>,
) -> Result<Gathered, OpsError> {
    let spec = &workspace.spec;
    let items = stream::iter(spec.items().map(|item| take(upstream, item, &spec.targets, pins.item(item))));
    let items: Vec<_> = items.buffered(ENTRIES).collect().await;
    let files = stream::iter(spec.files().map(|file| GatheredFile::fetch(upstream, file, pins)));
    let files: Vec<_> = files.buffered(ENTRIES).collect().await;
    let mut errors = Vec::new();
    let mut keep = |error| errors.push(error);
    let items: Vec<_> = items.into_iter().filter_map(|taken| taken.map_err(&mut keep).ok()).collect();
    let files: Vec<_> = files.into_iter().filter_map(|fetched| fetched.map_err(&mut keep).ok()).collect();
    let files = files.into_iter().map(|fetched| (fetched.file.name.clone(), fetched)).collect();
    if !errors.is_empty() {
        return Err(OpsError::Entries(errors));
    }
    let composed = compose(spec, &items, &upstream.client).await?;
    Ok(Gathered { items, composed, files })
}

async fn take(
    upstream: &Upstream,
    item: &Item,
    targets: &[String],
    pin: Option<Digest>,
) -> Result<Verified<Judged<Resolved>>, EntryError> {
    let resolved = resolve(&upstream.client, item, targets, pin).await?;
    refuse_denied(&upstream.deny, &item.reference, &resolved.digests())?;
    judge(resolved, &upstream.root)
}

impl Gathered {
    /// Returns the lock that records what was gathered.
    pub(super) fn lock(&self, targets: &[String]) -> Lock {
        let items = self.items.iter().map(|resolved| LockedItem {
            reference: resolved.item.reference.clone(),
            kind: resolved.item.kind,
            digest: resolved.top.descriptor.digest,
            subset: resolved.subset.as_ref().map(|subset| subset.descriptor.digest),
            platforms: resolved.platforms.clone(),
            size: resolved.size(),
            signatures: resolved.signatures(),
            attestations: resolved.attestations(),
        });
        let files = self.files.values().map(GatheredFile::locked);
        let composed = self.composed.iter().map(|composed| composed.locked.clone());
        Lock::new(targets.to_vec(), items.collect(), files.collect()).with_composed(composed.collect())
    }
}
