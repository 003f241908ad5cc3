//! Where blobs are read from and written to, whatever holds them.

use std::io;

use crate::digest::Digest;

/// Holds blobs that can be read by digest: a bundle, or a registry's memory.
pub trait BlobSource: Send + Sync {
    /// Returns the blob's size in bytes, or `None` if it is not here.
    fn size(&self, digest: &Digest) -> Option<u64>;

    /// Fills the buffer from the blob, starting `offset` bytes into it.
    ///
    /// # Errors
    /// When the blob is not here, ends before the buffer is full, or cannot be read. The bytes are not hashed.
    fn read_exact_at(&self, digest: &Digest, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

/// Takes blobs piece by piece, each at its place; pieces of several blobs arrive at once.
pub trait BlobSink: Send + Sync {
    /// Writes bytes of a blob, starting `offset` bytes into it.
    ///
    /// # Errors
    /// When no such blob is expected, the bytes would pass its end, or they cannot be written.
    fn write_all_at(&self, digest: &Digest, offset: u64, bytes: &[u8]) -> io::Result<()>;
}
