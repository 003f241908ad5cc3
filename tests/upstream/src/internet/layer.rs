//! Makes the blobs: layers that have the same bytes on every start.
//!
//! A layer is a tar with one fixed time for everything, in a gzip that only stores: nothing depends on a compressor.
//! What is large (Gatekeeper's program) goes through a nameless temporary file and is never held in memory.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, stream};

use airgap_bundle::digest::{Digest, Hasher};

use super::gzip::Gzip;

// 2026-11-01T00:00:00Z
const TIME: u64 = 1_793_491_200;
const PIECE_BYTES: u64 = 1024 * 1024;

/// Where bytes are.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Memory(Bytes),
    /// In a file, from its first byte on.
    File(Arc<File>, u64),
}

impl Content {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &std::path::Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Self::File(Arc::new(file), size))
    }

    fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, size) => *size,
        }
    }

    fn piece(&self, offset: u64) -> io::Result<Bytes> {
        let end = self.size().min(offset + PIECE_BYTES);
        match self {
            Self::Memory(bytes) => Ok(bytes.slice(offset as usize..end as usize)),
            Self::File(file, _) => {
                let mut piece = vec![0; (end - offset) as usize];
                file.read_exact_at(&mut piece, offset)?;
                Ok(piece.into())
            }
        }
    }
}

/// Reads a content from its beginning.
struct Reader<'a>(&'a Content, u64);

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.0 {
            Content::Memory(bytes) => bytes.get(self.1 as usize..).unwrap_or_default().read(buffer)?,
            Content::File(file, _) => file.read_at(buffer, self.1)?,
        };
        self.1 += count as u64;
        Ok(count)
    }
}

/// A blob that can be uploaded.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    content: Content,
}

impl Blob {
    /// Makes a blob of bytes.
    #[must_use]
    pub fn of(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { digest: Digest::of(&bytes), size: bytes.len() as u64, content: Content::Memory(bytes) }
    }

    /// Returns the bytes piece by piece.
    pub fn stream(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let (content, size) = (self.content.clone(), self.size);
        stream::try_unfold(0, move |offset| {
            let piece = if offset == size { Ok(None) } else { content.piece(offset).map(Some) };
            async move { Ok(piece?.map(|piece| (piece.clone(), offset + piece.len() as u64))) }
        })
    }
}

/// Something in a layer. Paths are relative to the root.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A folder with its mode.
    Folder(&'static str, u32),
    /// A file with its mode.
    File(String, u32, Content),
    /// A symbolic link and where it leads.
    Link(String, &'static str),
}

impl Entry {
    /// Makes a file of text that everybody may read.
    #[must_use]
    pub fn text(path: &str, text: String) -> Self {
        Self::File(path.to_owned(), 0o644, Content::Memory(text.into()))
    }
}

/// A layer of an image or artifact.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The compressed bytes.
    pub blob: Blob,
    /// The digest of the tar within.
    pub inner: Digest,
}

impl Layer {
    /// Packs entries, in the given order.
    ///
    /// # Errors
    /// When a file cannot be read or the temporary file cannot be written.
    pub fn pack(entries: &[Entry]) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let gzip = Gzip::new(Hashing::new(&mut file))?;
        let mut tar = tar::Builder::new(Hashing::new(gzip));
        entries.iter().try_for_each(|entry| append(&mut tar, entry))?;
        let tar = tar.into_inner()?;
        let inner = tar.hasher.finish();
        let outer = tar.to.finish()?;
        let (digest, size) = (outer.hasher.finish(), outer.size);
        Ok(Self { blob: Blob { digest, size, content: Content::File(Arc::new(file), size) }, inner })
    }
}

fn append<W: Write>(tar: &mut tar::Builder<W>, entry: &Entry) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_mtime(TIME);
    header.set_size(0);
    match entry {
        Entry::Folder(path, mode) => {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_mode(*mode);
            tar.append_data(&mut header, path, io::empty())
        }
        Entry::File(path, mode, content) => {
            header.set_size(content.size());
            header.set_mode(*mode);
            tar.append_data(&mut header, path, Reader(content, 0))
        }
        Entry::Link(path, target) => {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_mode(0o777);
            tar.append_link(&mut header, path, target)
        }
    }
}

/// Hashes what is written through it.
struct Hashing<W> {
    to: W,
    hasher: Hasher,
    size: u64,
}

impl<W> Hashing<W> {
    fn new(to: W) -> Self {
        Self { to, hasher: Hasher::default(), size: 0 }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
