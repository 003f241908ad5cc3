//! Which blobs were hashed, and which of them are not what their digest says.
//!
//! What was found out lasts as long as the process: nothing is written.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::readers::Readers;
use crate::digest::{Digest, Hasher};
use crate::store::BlobSource;

/// The size of the pieces that are hashed at once where nothing is sent, in bytes.
const PIECE_BYTES: usize = 128 * 1024;

/// What is known of every blob that was asked for.
#[derive(Default)]
pub(crate) struct HealthOfAll(Mutex<HashMap<Digest, Arc<Health>>>);

impl HealthOfAll {
    pub(crate) fn of(&self, digest: Digest) -> Arc<Health> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(digest).or_default().clone()
    }
}

/// What is known of a blob.
#[derive(Default)]
pub(crate) struct Health {
    whole: AtomicBool,
    altered: AtomicBool,
    /// Held by the request that hashes the blob, until the end: the same blob is never hashed twice at once.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Health {
    /// Returns whether it was ever seen not to match its digest. There is no way back.
    pub(crate) fn is_altered(&self) -> bool {
        self.altered.load(Ordering::Relaxed)
    }

    /// Notes that it was hashed whole and matches.
    pub(crate) fn set_whole(&self) {
        self.whole.store(true, Ordering::Relaxed);
    }

    /// Notes that it does not match. Returns whether that is news.
    pub(crate) fn set_altered(&self) -> bool {
        !self.altered.swap(true, Ordering::Relaxed)
    }

    fn known(&self) -> Option<bool> {
        if self.is_altered() { Some(false) } else { self.whole.load(Ordering::Relaxed).then_some(true) }
    }

    /// Returns whether it matches its digest. It is hashed at most once for that, by the first request.
    pub(crate) async fn check(
        self: &Arc<Self>,
        readers: &Readers,
        blobs: Arc<dyn BlobSource>,
        digest: Digest,
        size: u64,
    ) -> io::Result<bool> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let turn = self.turn.clone().lock_owned().await;
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let health = self.clone();
        let hash = move || {
            let _turn = turn;
            let matches = hash(&*blobs, digest, size)? == digest;
            health.whole.store(matches, Ordering::Relaxed);
            Ok(matches)
        };
        readers.whole(hash).await
    }
}

fn hash(blobs: &dyn BlobSource, digest: Digest, size: u64) -> io::Result<Digest> {
    let (mut hasher, mut piece, mut offset) = (Hasher::default(), vec![0; PIECE_BYTES], 0);
    while offset < size {
        let length = PIECE_BYTES.min(usize::try_from(size - offset).unwrap_or(PIECE_BYTES));
        blobs.read_exact_at(&digest, offset, &mut piece[..length])?;
        hasher.update(&piece[..length]);
        offset += length as u64;
    }
    Ok(hasher.finish())
}
