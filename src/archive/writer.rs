//! Writes a bundle file: every member at its place, in any order, each byte once.
//!
//! The file, or each of its parts, grows beside its place and gets its name when everything is complete and on the disk. What has arrived is
//! pushed on to the disk while the rest still arrives, so that little is left to wait for at the end.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::draft::Draft;
use super::error::ArchiveError;
use super::format::{Layout, Member, OCI_LAYOUT, SIGNATURE_SLOT};
use super::parts::Parts;
use crate::digest::Digest;
use crate::store::{BlobSink, BlobSource};

/// How many bytes arrive before they are pushed on to the disk.
const BATCH_BYTES: u64 = 64 * 1024 * 1024;

/// A bundle file that is being written.
#[derive(Debug)]
pub struct Writer {
    parts: Arc<Parts>,
    flusher: Flusher,
    draft: Draft,
    layout: Layout,
}

impl Writer {
    /// Starts a file, or its parts of `split` bytes: the headers, the index, slots without signatures, and empty places for everything
    /// else.
    ///
    /// # Errors
    /// When a file cannot be made, or there would be too many.
    pub fn create(
        path: &Path,
        layout: Layout,
        index: &[u8],
        split: Option<u64>,
    ) -> Result<Self, ArchiveError> {
        let (draft, parts) = Draft::create(path, layout.length(), split)?;
        let parts = Arc::new(parts);
        let failed = |source| ArchiveError::Io { verb: "write", path: path.to_owned(), source };
        let flusher = Flusher::start(&parts).map_err(failed)?;
        let writer = Self { parts, flusher, draft, layout };
        writer.start(index).map_err(failed)?;
        Ok(writer)
    }

    /// Returns the names that the files get, in order.
    #[must_use]
    pub fn names(&self) -> &[PathBuf] {
        self.draft.names()
    }

    fn start(&self, index: &[u8]) -> io::Result<()> {
        for member in self.layout.members() {
            self.parts.write_all_at(&member.header_bytes()?, member.header)?;
        }
        self.parts.write_all_at(OCI_LAYOUT, self.layout.members()[0].content())?;
        let spaces = vec![b' '; usize::try_from(SIGNATURE_SLOT).unwrap_or_default()];
        for slot in self.layout.slots() {
            self.parts.write_all_at(&spaces, slot.content())?;
        }
        self.parts.write_all_at(index, self.layout.index().content())
    }

    /// Puts the signature into the first slot, waits until everything is on the disk, and gives the file its name.
    ///
    /// # Errors
    /// When the slot has another size, or the file cannot be written or renamed.
    pub fn finish(mut self, slot: &[u8]) -> Result<(), ArchiveError> {
        if slot.len() as u64 != SIGNATURE_SLOT {
            return Err(ArchiveError::TooLarge {
                what: "the signature".to_owned(),
                found: slot.len() as u64,
                limit: SIGNATURE_SLOT,
            });
        }
        let path = self.parts.path().to_owned();
        self.complete(slot).map_err(|source| ArchiveError::Io { verb: "write", path, source })?;
        self.draft.publish()
    }

    fn complete(&mut self, slot: &[u8]) -> io::Result<()> {
        self.flusher.stop()?;
        let first = self.layout.slots().first().map_or(0, Member::content);
        self.parts.write_all_at(slot, first)?;
        self.parts.sync_all()
    }
}

impl BlobSink for Writer {
    fn write_all_at(&self, digest: &Digest, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let unknown = || io::Error::other(format!("no place for blob `{digest}`"));
        let member = self.layout.blob(digest).ok_or_else(unknown)?;
        if offset + bytes.len() as u64 > member.size {
            return Err(io::Error::other(format!(
                "blob `{digest}` is larger than its place of {} bytes",
                member.size
            )));
        }
        self.parts.write_all_at(bytes, member.content() + offset)?;
        self.flusher.written(bytes.len() as u64);
        Ok(())
    }
}

/// What was written can be read back, to make other blobs from it.
impl BlobSource for Writer {
    fn size(&self, digest: &Digest) -> Option<u64> {
        self.layout.blob(digest).map(|member| member.size)
    }

    fn read_exact_at(&self, digest: &Digest, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let member = self.layout.blob(digest).ok_or(io::ErrorKind::NotFound)?;
        if offset.saturating_add(buffer.len() as u64) > member.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.parts.read_exact_at(buffer, member.content() + offset)
    }
}

/// A thread that waits for the disk, so that no other thread has to.
#[derive(Debug)]
struct Flusher {
    written: AtomicU64,
    batches: Option<SyncSender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Flusher {
    fn start(parts: &Arc<Parts>) -> io::Result<Self> {
        let parts = parts.clone();
        let (batches, arrived) = sync_channel(1);
        let thread = std::thread::Builder::new().name("flusher".to_owned());
        // The system reports an error only once, so it is kept until the next call.
        let thread = thread.spawn(move || arrived.into_iter().try_for_each(|()| parts.sync_data()))?;
        Ok(Self { written: AtomicU64::new(0), batches: Some(batches), thread: Some(thread) })
    }

    fn written(&self, count: u64) {
        let before = self.written.fetch_add(count, Ordering::Relaxed);
        if before / BATCH_BYTES != (before + count) / BATCH_BYTES {
            // Where a batch is waiting already, it takes this one along; where the thread has failed, `stop` says so.
            let _ = self.batches.as_ref().map(|batches| batches.try_send(()));
        }
    }

    /// Waits for the thread and returns what went wrong there.
    fn stop(&mut self) -> io::Result<()> {
        drop(self.batches.take());
        let ended = self.thread.take().map(JoinHandle::join);
        ended.unwrap_or(Ok(Ok(()))).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
