//! Fetches files, and what upstream says of them.

use std::path::Path;

use bytes::Bytes;

use super::super::error::EntryError;
use super::{Pins, Upstream};
use crate::digest::Digest;
use crate::fetch::{MAX_CHECKSUMS_BYTES, checksum_of};
use crate::lock::{LockedChecksums, LockedFile};
use crate::registry::RegistryError;
use crate::spec::{FileMirror, FileSpec};

/// The largest upstream file that is taken, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// A file, and the list of checksums that vouches for it where the spec names one.
pub(in crate::ops) struct GatheredFile {
    pub file: FileSpec,
    pub bytes: Bytes,
    pub checksums: Option<Bytes>,
}

/// Something that is fetched from an address.
struct Address<'a> {
    url: &'a str,
    pin: Option<Digest>,
    limit: u64,
}

impl GatheredFile {
    /// Fetches a file, and compares it with what is pinned and with what upstream lists.
    pub(super) async fn fetch(
        upstream: &Upstream,
        file: &FileSpec,
        pins: Pins<'_>,
    ) -> Result<Self, EntryError> {
        let failed = |source| EntryError::File { name: file.name.clone(), source };
        let address = Address { url: &file.url, pin: pins.file(file), limit: MAX_FILE_BYTES };
        let bytes = address.fetch(upstream).await.map_err(failed)?;
        let mut checksums = None;
        if let Some(url) = &file.checksums {
            let address = Address { url, pin: pins.checksums(file), limit: MAX_CHECKSUMS_BYTES };
            let list = address.fetch(upstream).await.map_err(failed)?;
            check_listed(file, &list, Digest::of(&bytes))?;
            checksums = Some(list);
        }
        Ok(Self { file: file.clone(), bytes, checksums })
    }

    /// Returns what the lock says of it.
    pub(super) fn locked(&self) -> LockedFile {
        let url = self.file.checksums.clone().unwrap_or_default();
        let list = self.checksums.as_ref();
        LockedFile {
            name: self.file.name.clone(),
            url: self.file.url.clone(),
            sha256: Digest::of(&self.bytes),
            size: self.bytes.len() as u64,
            checksums: list.map(|list| LockedChecksums { url, sha256: Digest::of(list) }),
        }
    }
}

/// Checks that a list of upstream's has this digest for a file.
pub(in crate::ops) fn check_listed(file: &FileSpec, list: &[u8], found: Digest) -> Result<(), EntryError> {
    let name = file.name.clone();
    let refused = |source| EntryError::Checksums { name: name.clone(), source };
    let expected = checksum_of(list, file.upstream_name()).map_err(refused)?;
    if expected == found { Ok(()) } else { Err(EntryError::Checksum { name, expected, found }) }
}

impl Address<'_> {
    async fn fetch(&self, upstream: &Upstream) -> Result<Bytes, RegistryError> {
        let bytes = match &upstream.files {
            None => upstream.client.file(self.url, self.limit).await,
            Some(FileMirror::Url(base)) => {
                let path = self.url.split_once("://").map_or(self.url, |(_, path)| path);
                upstream.client.file(&format!("{}/{path}", base.trim_end_matches('/')), self.limit).await
            }
            Some(FileMirror::Folder(folder)) => self.read(folder),
        }?;
        let found = Digest::of(&bytes);
        match self.pin.filter(|expected| *expected != found) {
            None => Ok(bytes),
            Some(expected) => Err(RegistryError::Digest {
                what: self.what(),
                expected: expected.to_string(),
                found: found.to_string(),
            }),
        }
    }

    fn what(&self) -> String {
        format!("file `{}`", self.url)
    }

    fn read(&self, folder: &str) -> Result<Bytes, RegistryError> {
        let what = self.what();
        let Some(pin) = self.pin else {
            let reason = format!("it has no sha256, so it cannot be found in the folder `{folder}`");
            return Err(RegistryError::Malformed { what, reason });
        };
        let path = Path::new(folder).join(pin.hex());
        let read = || {
            let length = std::fs::metadata(&path)?.len();
            if length > self.limit {
                Err(std::io::Error::other(format!("{length} bytes, more than {}", self.limit)))
            } else {
                std::fs::read(&path)
            }
        };
        read()
            .map(Bytes::from)
            .map_err(|source| RegistryError::Local { what: format!("{what} (`{}`)", path.display()), source })
    }
}
