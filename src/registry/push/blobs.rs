//! Sends blobs: each once, then mounted wherever else it is needed.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::error::PushError;
use super::target::Push;
use crate::digest::Digest;
use crate::registry::error::RegistryError;
use crate::report::{Event, Reporter};
use crate::store::BlobSource;

const PIECE_BYTES: u64 = 512 * 1024;

/// A blob, the repositories that hold it already, and those that need it.
#[derive(Debug, Clone)]
pub(super) struct PlannedBlob {
    pub digest: Digest,
    pub size: u64,
    pub held_by: Option<String>,
    pub needed_by: Vec<String>,
}

/// Sends every blob, the largest first.
pub(super) async fn send_all(
    push: &Push,
    mut blobs: Vec<PlannedBlob>,
    source: Arc<dyn BlobSource>,
    reporter: Arc<dyn Reporter>,
) -> Result<(), PushError> {
    blobs.sort_by_key(|blob| (std::cmp::Reverse(blob.size), blob.digest));
    let permits = Arc::new(Semaphore::new(push.jobs.max(1)));
    let mut transfers = JoinSet::new();
    for blob in blobs {
        let (push, source, reporter, permits) =
            (push.clone(), source.clone(), reporter.clone(), permits.clone());
        transfers.spawn(async move {
            let _permit = permits.acquire_owned().await;
            send(&push, blob, source, reporter).await
        });
    }
    while let Some(ended) = transfers.join_next().await {
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    }
    Ok(())
}

async fn send(
    push: &Push,
    blob: PlannedBlob,
    source: Arc<dyn BlobSource>,
    reporter: Arc<dyn Reporter>,
) -> Result<(), RegistryError> {
    let mut held_by = blob.held_by;
    for path in blob.needed_by {
        let repository = push.repository(&path);
        let mounted = match &held_by {
            Some(from) => repository.mount(&blob.digest, from).await?,
            None => false,
        };
        if !mounted {
            let body = || pieces(source.clone(), reporter.clone(), blob.digest, blob.size);
            repository.upload(&blob.digest, blob.size, body).await?;
        }
        held_by.get_or_insert(path);
    }
    Ok(())
}

/// Reads a blob piece by piece, off the threads that move the bytes.
fn pieces(
    source: Arc<dyn BlobSource>,
    reporter: Arc<dyn Reporter>,
    digest: Digest,
    size: u64,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream::try_unfold(0, move |offset| {
        let (source, reporter) = (source.clone(), reporter.clone());
        async move {
            if offset == size {
                return Ok(None);
            }
            let length = (size - offset).min(PIECE_BYTES);
            let piece =
                tokio::task::spawn_blocking(move || read(&*source, &digest, offset, length)).await??;
            reporter.event(Event::Transferred(length));
            Ok(Some((piece, offset + length)))
        }
    })
}

fn read(source: &dyn BlobSource, digest: &Digest, offset: u64, length: u64) -> std::io::Result<Bytes> {
    let mut piece = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
    source.read_exact_at(digest, offset, &mut piece)?;
    Ok(piece.into())
}
