//! Blobs and unfinished uploads of a registry that takes pushes.

use std::collections::HashMap;
use std::io;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;

use crate::digest::Digest;
use crate::store::BlobSource;

/// Blobs in memory. For tests and demonstrations: nothing is ever given back.
#[derive(Debug, Default)]
pub struct Memory {
    blobs: RwLock<HashMap<Digest, Bytes>>,
    uploads: RwLock<HashMap<String, Vec<u8>>>,
}

impl Memory {
    /// Keeps a blob.
    pub fn insert(&self, bytes: Bytes) -> Digest {
        let digest = Digest::of(&bytes);
        self.blobs.write().unwrap_or_else(PoisonError::into_inner).insert(digest, bytes);
        digest
    }

    pub(crate) fn open(&self) -> String {
        let mut uploads = self.uploads.write().unwrap_or_else(PoisonError::into_inner);
        let session = uploads.len().to_string();
        uploads.insert(session.clone(), Vec::new());
        session
    }

    /// Returns how many bytes an upload has. `None`: there is no such upload.
    pub(crate) fn length(&self, session: &str) -> Option<usize> {
        self.uploads.read().unwrap_or_else(PoisonError::into_inner).get(session).map(Vec::len)
    }

    /// Appends to an upload and returns how many bytes it has now. `None`: there is no such upload.
    pub(crate) fn append(&self, session: &str, bytes: &[u8]) -> Option<usize> {
        let mut uploads = self.uploads.write().unwrap_or_else(PoisonError::into_inner);
        let upload = uploads.get_mut(session)?;
        upload.extend_from_slice(bytes);
        Some(upload.len())
    }

    /// Ends an upload. `None`: there is no such upload, or it has another digest.
    pub(crate) fn finish(&self, session: &str, digest: Digest) -> Option<()> {
        let mut uploads = self.uploads.write().unwrap_or_else(PoisonError::into_inner);
        let bytes = std::mem::take(uploads.get_mut(session)?);
        (Digest::of(&bytes) == digest).then(|| {
            self.insert(bytes.into());
        })
    }
}

impl BlobSource for Memory {
    fn size(&self, digest: &Digest) -> Option<u64> {
        self.blobs.read().unwrap_or_else(PoisonError::into_inner).get(digest).map(|bytes| bytes.len() as u64)
    }

    fn read_exact_at(&self, digest: &Digest, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let blobs = self.blobs.read().unwrap_or_else(PoisonError::into_inner);
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let piece = blobs.get(digest).and_then(|bytes| bytes.get(start..start.checked_add(buffer.len())?));
        buffer.copy_from_slice(piece.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
