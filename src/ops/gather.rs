//! Resolves, fetches and judges everything small that a spec names. Every fault is found in one go.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::compose::compose;
use super::error::{EntryError, OpsError};
use super::judge::{Judged, judge, refuse_denied};
use super::workspace::Workspace;
use crate::compose::Composed;
use crate::digest::Digest;
use crate::lock::{Lock, LockedFile, LockedItem};
use crate::registry::{Access, Client, RegistryError};
use crate::resolve::{Resolved, resolve};
use crate::spec::{DenyList, FileMirror, FileSpec, Item, Registries};
use crate::trust::TrustedRoot;

/// The largest upstream file that is taken, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
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
    pub files: BTreeMap<String, (FileSpec, Bytes)>,
}

/// Which digests are asked for instead of tags.
#[derive(Clone, Copy)]
pub(super) enum Pins<'a> {
    /// What the lock says, where it says something.
    Locked(Option<&'a Lock>),
    /// None: what upstream has now.
    Current,
}

impl Pins<'_> {
    fn item(self, item: &Item) -> Option<Digest> {
        match self {
            Self::Locked(lock) => lock?.item(&item.reference).map(|locked| locked.digest),
            Self::Current => None,
        }
    }

    fn file(self, file: &FileSpec) -> Option<Digest> {
        let locked = match self {
            Self::Locked(lock) => {
                lock.and_then(|lock| lock.file(&file.name)).filter(|locked| locked.url == file.url)
            }
            Self::Current => None,
        };
        file.sha256.or(locked.map(|locked| locked.sha256))
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
    let files = stream::iter(spec.files().map(|file| fetch_file(upstream, file, pins.file(file))));
    let files: Vec<_> = files.buffered(ENTRIES).collect().await;
    let mut errors = Vec::new();
    let mut keep = |error| errors.push(error);
    let items: Vec<_> = items.into_iter().filter_map(|taken| taken.map_err(&mut keep).ok()).collect();
    let files = files.into_iter().filter_map(|fetched| fetched.map_err(&mut keep).ok()).collect();
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

async fn fetch_file(
    upstream: &Upstream,
    file: &FileSpec,
    pin: Option<Digest>,
) -> Result<(String, (FileSpec, Bytes)), EntryError> {
    let failed = |source| EntryError::File { name: file.name.clone(), source };
    let bytes = file_bytes(upstream, file, pin).await.map_err(failed)?;
    let found = Digest::of(&bytes);
    if let Some(expected) = pin.filter(|expected| *expected != found) {
        let what = format!("file `{}`", file.url);
        return Err(failed(RegistryError::Digest {
            what,
            expected: expected.to_string(),
            found: found.to_string(),
        }));
    }
    Ok((file.name.clone(), (file.clone(), bytes)))
}

async fn file_bytes(
    upstream: &Upstream,
    file: &FileSpec,
    pin: Option<Digest>,
) -> Result<Bytes, RegistryError> {
    match &upstream.files {
        None => upstream.client.file(&file.url, MAX_FILE_BYTES).await,
        Some(FileMirror::Url(base)) => {
            let path = file.url.split_once("://").map_or(file.url.as_str(), |(_, path)| path);
            upstream.client.file(&format!("{}/{path}", base.trim_end_matches('/')), MAX_FILE_BYTES).await
        }
        Some(FileMirror::Folder(folder)) => folder_file(folder, file, pin),
    }
}

fn folder_file(folder: &str, file: &FileSpec, pin: Option<Digest>) -> Result<Bytes, RegistryError> {
    let what = format!("file `{}`", file.url);
    let Some(pin) = pin else {
        let reason = format!("it has no sha256, so it cannot be found in the folder `{folder}`");
        return Err(RegistryError::Malformed { what, reason });
    };
    let path = Path::new(folder).join(pin.hex());
    let read = || {
        let length = std::fs::metadata(&path)?.len();
        if length > MAX_FILE_BYTES {
            Err(std::io::Error::other(format!("{length} bytes, more than {MAX_FILE_BYTES}")))
        } else {
            std::fs::read(&path)
        }
    };
    read()
        .map(Bytes::from)
        .map_err(|source| RegistryError::Local { what: format!("{what} (`{}`)", path.display()), source })
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
        let files = self.files.values().map(|(file, bytes)| LockedFile {
            name: file.name.clone(),
            url: file.url.clone(),
            sha256: Digest::of(bytes),
            size: bytes.len() as u64,
        });
        let composed = self.composed.iter().map(|composed| composed.locked.clone());
        Lock::new(targets.to_vec(), items.collect(), files.collect()).with_composed(composed.collect())
    }
}
