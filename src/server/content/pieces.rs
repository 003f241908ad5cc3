//! The memory of blobs on their way out: large pieces while few transfers run, small ones for the others.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// The smallest piece, in bytes: there is always memory for it. A transfer holds two or three.
pub(crate) const SMALL: usize = 32 * 1024;
/// A large piece, in bytes: to hand one to another thread and back costs about as much as to hash 16 KiB.
pub(crate) const LARGE: usize = 256 * 1024;
/// How many large pieces there are at most.
const LARGE_ONES: usize = 40;

/// The large pieces, which are made when they are first needed and used again.
#[derive(Default)]
pub(crate) struct Pieces(Arc<Mutex<Pool>>);

#[derive(Default)]
struct Pool {
    free: Vec<Vec<u8>>,
    made: usize,
}

impl Pieces {
    /// Returns room for the next piece of a blob with `left` bytes remaining.
    pub(crate) fn take(&self, left: u64) -> Piece {
        let large = if left > SMALL as u64 { self.large() } else { None };
        let pool = large.is_some().then(|| self.0.clone());
        let buffer = large.unwrap_or_else(|| vec![0; SMALL]);
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        Piece { buffer, length, pool }
    }

    fn large(&self) -> Option<Vec<u8>> {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(free) = pool.free.pop() {
            return Some(free);
        }
        let is_room = pool.made < LARGE_ONES;
        pool.made += usize::from(is_room);
        is_room.then(|| vec![0; LARGE])
    }
}

/// A piece. A large one goes back when it has left.
pub(crate) struct Piece {
    buffer: Vec<u8>,
    length: usize,
    pool: Option<Arc<Mutex<Pool>>>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl AsMut<[u8]> for Piece {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[..self.length]
    }
}

impl From<Piece> for Bytes {
    fn from(piece: Piece) -> Self {
        Self::from_owner(piece)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            let buffer = std::mem::take(&mut self.buffer);
            pool.lock().unwrap_or_else(PoisonError::into_inner).free.push(buffer);
        }
    }
}
