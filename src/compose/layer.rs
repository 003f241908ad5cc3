//! The layer that is added to a base: a tar with one member a file, and nothing else, in a gzip that only stores.
//!
//! It is not compressed, as its digest would then depend on who compresses; clients that know only gzip can still read it.
//! It has no folders: one that the base lacks is made by
//! the client that unpacks it, root's with 0755, and one that the base has would get another mode, or take a link's place.

use std::io;

use bytes::Bytes;

use super::error::ComposeError;
use super::gzip::{Gzip, Take};
use super::take::{Taken, extract};
use crate::digest::{Digest, Hasher};
use crate::oci::Descriptor;

// See: POSIX.1-2017 pax, "ustar Interchange Format"
const BLOCK: u64 = 512;

/// Reads a blob of a part, whole and compared with its digest.
pub type Read<'a> = &'a dyn Fn(&Descriptor) -> io::Result<Bytes>;
/// What a layer is called, and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The digest of the tar in it.
    pub inner: Digest,
}

/// How the layer of one target is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRecipe {
    /// The files, sorted by path.
    pub files: Vec<Taken>,
}

impl LayerRecipe {
    /// Hands out the layer.
    ///
    /// # Errors
    /// When a file is not in its artifact as it must be, or something cannot be read or taken.
    pub fn write(&self, read: Read<'_>, take: Take<'_>) -> Result<(), ComposeError> {
        let mut gzip = Gzip::start(take).map_err(ComposeError::layer)?;
        self.write_tar(read, &mut |piece| gzip.piece(piece))?;
        gzip.finish().map_err(ComposeError::layer)
    }

    fn write_tar(&self, read: Read<'_>, take: Take<'_>) -> Result<(), ComposeError> {
        for file in &self.files {
            let failed = |source| ComposeError::io(&file.artifact, source);
            let layer = read(&file.layer).map_err(failed)?;
            let size = extract(file, &layer, &mut |size, piece| match piece {
                None => take(header(file, size)?.as_bytes()),
                Some(piece) => take(piece),
            })?;
            let missing = usize::try_from(size.next_multiple_of(BLOCK) - size).unwrap_or_default();
            take(&[0; BLOCK as usize][..missing]).map_err(failed)?;
        }
        take(&[0; 2 * BLOCK as usize]).map_err(ComposeError::layer)
    }

    /// Returns what a manifest and a configuration have to know of the layer.
    ///
    /// # Errors
    /// When a file is not in its artifact as it must be, or cannot be read.
    pub fn measure(&self, read: Read<'_>) -> Result<Measured, ComposeError> {
        let (mut inner, mut outer, mut size) = (Hasher::default(), Hasher::default(), 0);
        let mut take = |piece: &[u8]| {
            outer.update(piece);
            size += piece.len() as u64;
            Ok(())
        };
        let mut gzip = Gzip::start(&mut take).map_err(ComposeError::layer)?;
        self.write_tar(read, &mut |piece| {
            inner.update(piece);
            gzip.piece(piece)
        })?;
        gzip.finish().map_err(ComposeError::layer)?;
        Ok(Measured { digest: outer.finish(), size, inner: inner.finish() })
    }
}

/// Returns the header of a file: root's, of no time. Libraries may be executed, as linkers make them.
fn header(file: &Taken, size: u64) -> io::Result<tar::Header> {
    let mut header = tar::Header::new_ustar();
    header.set_path(file.path.trim_start_matches('/'))?;
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(size);
    header.set_mode(if file.path.ends_with(".so") { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}
