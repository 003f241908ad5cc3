//! Streams blobs from registries, and large files, to their places, many at once.

mod checksums;
mod file;

use std::sync::Arc;

pub use checksums::{ChecksumsError, MAX_CHECKSUMS_BYTES, checksum_of};
pub use file::FileSource;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::digest::Digest;
use crate::registry::{RegistryError, Repository};
use crate::report::{Event, Reporter};
use crate::store::BlobSink;

/// A blob that is to be fetched.
#[derive(Clone)]
pub struct Wanted {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where it is.
    pub origin: Origin,
}

/// Where a blob is.
#[derive(Clone)]
pub enum Origin {
    /// In a repository.
    Repository(Repository),
    /// It is a file.
    File(FileSource),
}

/// Streams every blob to the sink, at most `jobs` at a time, the largest first. Each is compared with its size and digest.
///
/// # Errors
/// The first failure; the other transfers are stopped.
pub async fn fetch(
    wanted: Vec<Wanted>,
    sink: Arc<dyn BlobSink>,
    jobs: usize,
    reporter: Arc<dyn Reporter>,
) -> Result<(), RegistryError> {
    let mut wanted = wanted;
    wanted.sort_by_key(|blob| (std::cmp::Reverse(blob.size), blob.digest));
    let permits = Arc::new(Semaphore::new(jobs.max(1)));
    let mut transfers = JoinSet::new();
    for blob in wanted {
        let (permits, sink, reporter) = (permits.clone(), sink.clone(), reporter.clone());
        transfers.spawn(async move {
            let _permit = permits.acquire_owned().await;
            fetch_one(&blob, &*sink, &*reporter).await
        });
    }
    while let Some(ended) = transfers.join_next().await {
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    }
    Ok(())
}

async fn fetch_one(blob: &Wanted, sink: &dyn BlobSink, reporter: &dyn Reporter) -> Result<(), RegistryError> {
    let mut reached = 0;
    let take = |offset: u64, piece: &[u8]| {
        // What comes a second time was counted before.
        let end = offset + piece.len() as u64;
        reporter.event(Event::Transferred(end.saturating_sub(reached.max(offset))));
        reached = reached.max(end);
        sink.write_all_at(&blob.digest, offset, piece)
    };
    match &blob.origin {
        Origin::Repository(repository) => repository.stream_blob(&blob.digest, blob.size, take).await,
        Origin::File(file) => file.stream(&blob.digest, blob.size, take).await,
    }
}
