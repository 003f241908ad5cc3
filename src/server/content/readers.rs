//! Where blobs are read and hashed: on threads that may wait for a disk, never on those that move bytes between sockets.
//!
//! A disk that does not answer delays requests for blobs only.

use std::io;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// How many pieces are read at once: enough to keep a disk busy, and few enough threads to cost little memory.
const PIECES: usize = 16;
/// How many blobs are hashed whole at once, for those who want a part: each is seconds of a processor.
const WHOLES: usize = 2;

/// Takes turns at reading.
pub(crate) struct Readers {
    pieces: Arc<Semaphore>,
    wholes: Arc<Semaphore>,
}

impl Default for Readers {
    fn default() -> Self {
        Self { pieces: Arc::new(Semaphore::new(PIECES)), wholes: Arc::new(Semaphore::new(WHOLES)) }
    }
}

impl Readers {
    /// Reads a piece when it is its turn.
    pub(crate) async fn piece<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        run(&self.pieces, read).await
    }

    /// Hashes a blob whole when it is its turn.
    pub(crate) async fn whole<T: Send + 'static>(
        &self,
        hash: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        run(&self.wholes, hash).await
    }
}

/// The turn lasts as long as the work, even if no request waits for it any more: a thread that hangs stays counted. It comes
/// back with the answer, when the thread is free again and takes the next work: else there would soon be many more threads.
async fn run<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let turn = turns.clone().acquire_owned().await.map_err(io::Error::other)?;
    let work = tokio::task::spawn_blocking(move || (work(), turn));
    let (answer, _turn) = work.await.map_err(io::Error::other)?;
    answer
}
