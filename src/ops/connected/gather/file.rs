//! Fetches files, and what upstream says of them.

use bytes::Bytes;

use super::pins::Pins;
use crate::digest::Digest;
use crate::fetch::{FileSource, MAX_CHECKSUMS_BYTES};
use crate::lock::{LockedChecksums, LockedFile};
use crate::ops::connected::upstream::Upstream;
use crate::ops::error::EntryError;
use crate::ops::judge::check_listed;
use crate::registry::RegistryError;
use crate::spec::FileSpec;

/// The largest file that is held in memory, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// The largest file that is a blob of its own, in bytes: the largest size that tar's octal size field holds.
const MAX_LARGE_FILE_BYTES: u64 = 8 * 1024 * 1024 * 1024 - 1;

/// A file, and upstream's list of checksums for it if the spec names one.
pub(in crate::ops::connected) struct GatheredFile {
    pub file: FileSpec,
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
    pub content: Content,
    pub checksums: Option<Bytes>,
}

/// What there is of a file's content before the bundle is packed.
pub(in crate::ops::connected) enum Content {
    /// All of it.
    Held(Bytes),
    /// The source to fetch it from.
    Large(FileSource),
}

impl GatheredFile {
    /// Fetches a file, and compares it with what is pinned and with what upstream lists. Of a large one only digest and size
    /// are found out, which means reading it once if the lock does not have them.
    pub(super) async fn fetch(
        upstream: &Upstream,
        file: &FileSpec,
        pins: Pins<'_>,
    ) -> Result<Self, EntryError> {
        let failed = |source| EntryError::File { name: file.name.clone(), source };
        let pin = pins.file(file);
        let source = place(upstream, &file.url, pin).map_err(failed)?;
        let (content, sha256, size) = if file.large {
            let (sha256, size) = measured(&source, pins.measured(file)).await.map_err(failed)?;
            (Content::Large(source.clone()), sha256, size)
        } else {
            let bytes = source.read(MAX_FILE_BYTES).await.map_err(|source| unread(file, source))?;
            let (sha256, size) = (Digest::of(&bytes), bytes.len() as u64);
            (Content::Held(bytes), sha256, size)
        };
        pin.map_or(Ok(()), |pin| source.expect(&pin, sha256)).map_err(failed)?;
        let checksums = checksums(upstream, file, pins).await.map_err(failed)?;
        checksums.as_ref().map_or(Ok(()), |list| check_listed(file, list, sha256))?;
        Ok(Self { file: file.clone(), sha256, size, content, checksums })
    }

    /// Returns the content, unless it is large.
    pub(in crate::ops::connected) fn held(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Held(bytes) => Some(bytes),
            Content::Large(_) => None,
        }
    }

    /// Returns what the lock says of it.
    pub(super) fn locked(&self) -> LockedFile {
        let url = self.file.checksums.clone().unwrap_or_default();
        let list = self.checksums.as_ref();
        LockedFile {
            name: self.file.name.clone(),
            url: self.file.url.clone(),
            sha256: self.sha256,
            size: self.size,
            checksums: list.map(|list| LockedChecksums { url, sha256: Digest::of(list) }),
        }
    }
}

fn place(upstream: &Upstream, url: &str, pin: Option<Digest>) -> Result<FileSource, RegistryError> {
    FileSource::new(&upstream.client, upstream.files.as_ref(), url, pin)
}

/// Returns digest and size of a large file: from the lock, or by reading the file once.
async fn measured(source: &FileSource, known: Option<(Digest, u64)>) -> Result<(Digest, u64), RegistryError> {
    match known.filter(|(_, size)| *size <= MAX_LARGE_FILE_BYTES) {
        Some(known) => Ok(known),
        None => source.measure(MAX_LARGE_FILE_BYTES).await,
    }
}

fn unread(file: &FileSpec, source: RegistryError) -> EntryError {
    let name = file.name.clone();
    match source.cause() {
        RegistryError::TooLarge { limit, .. } => EntryError::LargeFile { name, limit: *limit },
        _ => EntryError::File { name, source },
    }
}

/// Fetches upstream's list of checksums if the spec names one.
async fn checksums(
    upstream: &Upstream,
    file: &FileSpec,
    pins: Pins<'_>,
) -> Result<Option<Bytes>, RegistryError> {
    let Some(url) = &file.checksums else { return Ok(None) };
    let pin = pins.checksums(file);
    let source = place(upstream, url, pin)?;
    let list = source.read(MAX_CHECKSUMS_BYTES).await?;
    pin.map_or(Ok(()), |pin| source.expect(&pin, Digest::of(&list)))?;
    Ok(Some(list))
}
