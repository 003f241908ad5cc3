//! Resolves, fetches and judges everything small that a spec names. Every fault is found in one go.

mod file;

use std::collections::BTreeMap;

pub(super) use file::{Content, GatheredFile, check_listed};
use futures_util::{StreamExt, stream};

use super::compose::compose;
use super::error::{EntryError, OpsError};
use super::judge::{Judged, judge, refuse_denied};
use super::workspace::Workspace;
use crate::compose::Composed;
use crate::digest::Digest;
use crate::lock::{Lock, LockedFile, LockedItem};
use crate::registry::{Access, Client};
use crate::resolve::{Resolved, resolve};
use crate::spec::{DenyList, FileMirror, FileSpec, Item, Registries};
use crate::trust::TrustedRoot;

/// How many entries are looked at at once.
const ENTRIES: usize = 8;

/// How upstream is reached.
#[derive(Clone)]
pub struct Upstream {
    /// The client.
    pub client: Client,
    /// Where files come from instead of their own addresses.
    pub files: Option<FileMirror>,
    /// What is refused, signed or not.
    pub deny: DenyList,
    /// What keyless signatures are checked against.
    pub root: TrustedRoot,
}

impl Upstream {
    /// Reaches upstream as the registries file says.
    ///
    /// # Errors
    /// When a certificate, a key or the address of a proxy cannot be used.
    pub fn new(
        registries: Registries,
        deny: DenyList,
        root: TrustedRoot,
        access: &Access,
    ) -> Result<Self, OpsError> {
        let files = registries.files.clone();
        Ok(Self { files, client: Client::with_access(registries, access)?, deny, root })
    }
}

/// Everything small that a spec names, judged.
pub(super) struct Gathered {
    pub items: Vec<(Resolved, Judged)>,
    pub composed: Vec<Composed>,
    pub files: BTreeMap<String, GatheredFile>,
}

/// Which digests are asked for instead of tags.
#[derive(Clone, Copy)]
pub(super) enum Pins<'a> {
    /// What the lock says, where it says something.
    Locked(Option<&'a Lock>),
    /// None: what upstream has now.
    Current,
}

impl<'a> Pins<'a> {
    fn locked_file(self, file: &FileSpec) -> Option<&'a LockedFile> {
        match self {
            Self::Locked(lock) => lock?.file(&file.name),
            Self::Current => None,
        }
    }

    fn item(self, item: &Item) -> Option<Digest> {
        match self {
            Self::Locked(lock) => lock?.item(&item.reference).map(|locked| locked.digest),
            Self::Current => None,
        }
    }

    fn file(self, file: &FileSpec) -> Option<Digest> {
        let locked = self.locked_file(file).filter(|locked| locked.url == file.url);
        file.sha256.or(locked.map(|locked| locked.sha256))
    }

    /// Returns digest and size of a file, where the lock knows both.
    fn measured(self, file: &FileSpec) -> Option<(Digest, u64)> {
        let locked = self.locked_file(file)?;
        (Some(locked.sha256) == self.file(file)).then_some((locked.sha256, locked.size))
    }

    fn checksums(self, file: &FileSpec) -> Option<Digest> {
        let locked = self.locked_file(file)?.checksums.as_ref();
        locked.filter(|locked| file.checksums.as_ref() == Some(&locked.url)).map(|locked| locked.sha256)
    }
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
) -> Result<(Resolved, Judged), EntryError> {
    let resolved = resolve(&upstream.client, item, targets, pin).await?;
    refuse_denied(&upstream.deny, &item.reference, &resolved.digests())?;
    let verdict = judge(&resolved, &upstream.root)?;
    Ok((resolved, verdict))
}

impl Gathered {
    /// Returns the lock that records what was gathered.
    pub(super) fn lock(&self, targets: &[String]) -> Lock {
        let items = self.items.iter().map(|(resolved, verdict)| LockedItem {
            reference: resolved.item.reference.clone(),
            kind: resolved.item.kind,
            digest: resolved.top.descriptor.digest,
            subset: resolved.subset.as_ref().map(|subset| subset.descriptor.digest),
            platforms: resolved.platforms.clone(),
            size: resolved.size(),
            signatures: verdict.signatures(),
            attestations: verdict.attestations(),
        });
        let files = self.files.values().map(GatheredFile::locked);
        let composed = self.composed.iter().map(|composed| composed.locked.clone());
        Lock::new(targets.to_vec(), items.collect(), files.collect()).with_composed(composed.collect())
    }
}
