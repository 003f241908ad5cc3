//! Compares every byte of a bundle file with what its index leads to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::ArchiveError;
use super::format::{BLOCK, Member};
use super::reader::Archive;
use crate::digest::{Digest, Hasher};
use crate::report::{Event, Reporter};

const PIECE_BYTES: usize = 1024 * 1024;

impl Archive {
    /// Hashes the given blobs on as many threads as the machine has processors.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn check_blobs(&self, digests: &[Digest], reporter: &dyn Reporter) -> Result<(), ArchiveError> {
        let blobs: Vec<_> =
            digests.iter().filter_map(|digest| Some((*digest, self.tables().layout.blob(digest)?))).collect();
        let (next, failure) = (AtomicUsize::new(0), Mutex::new(None));
        let work = || {
            while let Some((digest, member)) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.check_blob(digest, member, reporter) {
                    next.store(blobs.len(), Ordering::Relaxed);
                    *failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(blobs.len());
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// Compares every byte: headers, padding, the end of the file, and each blob with its digest.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn check(&self, reporter: &dyn Reporter) -> Result<(), ArchiveError> {
        for member in self.tables().layout.members() {
            self.check_frame(member)?;
        }
        self.check_zero(self.tables().layout.length() - 2 * BLOCK, 2 * BLOCK)?;
        let mut blobs: Vec<_> =
            self.tables().layout.blobs().map(|(digest, member)| (member.header, *digest)).collect();
        blobs.sort();
        self.check_blobs(&blobs.into_iter().map(|(_, digest)| digest).collect::<Vec<_>>(), reporter)
    }

    fn check_frame(&self, member: &Member) -> Result<(), ArchiveError> {
        let mut header = [0; BLOCK as usize];
        self.raw().read(member.header, &mut header)?;
        if member.header_bytes().ok() != Some(header) {
            return Err(ArchiveError::Member { expected: member.name.clone(), offset: member.header });
        }
        let content_end = member.content() + member.size;
        self.check_zero(content_end, member.end() - content_end)
    }

    fn check_zero(&self, offset: u64, length: u64) -> Result<(), ArchiveError> {
        let mut padding = vec![0; usize::try_from(length).unwrap_or_default()];
        self.raw().read(offset, &mut padding)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(ArchiveError::Padding { offset });
        }
        Ok(())
    }

    fn check_blob(
        &self,
        expected: &Digest,
        member: &Member,
        reporter: &dyn Reporter,
    ) -> Result<(), ArchiveError> {
        let mut piece = vec![0; PIECE_BYTES.min(usize::try_from(member.size).unwrap_or(PIECE_BYTES))];
        let (mut hasher, mut offset) = (Hasher::default(), 0);
        while offset < member.size {
            let length = piece.len().min(usize::try_from(member.size - offset).unwrap_or(usize::MAX));
            self.raw().read(member.content() + offset, &mut piece[..length])?;
            hasher.update(&piece[..length]);
            offset += length as u64;
            reporter.event(Event::Transferred(length as u64));
        }
        let found = hasher.finish();
        if found == *expected { Ok(()) } else { Err(ArchiveError::Digest { expected: *expected, found }) }
    }
}
