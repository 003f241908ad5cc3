//! The layer that is added to a base: a plain tar with one member a file, and nothing else.
//!
//! It is not compressed, as its digest would then depend on who compresses. It has no folders: one that the base lacks is made by
//! whoever unpacks it, root's with 0755, and one that the base has would get another mode, or take a link's place.

use std::io;

use bytes::Bytes;

use super::error::ComposeError;
use super::take::extract;
use crate::digest::{Digest, Hasher};
use crate::reference::ImageRef;
use crate::registry::oci::Descriptor;

// See: POSIX.1-2017 pax, "ustar Interchange Format"
const BLOCK: u64 = 512;

/// Reads a blob of a part, whole and compared with its digest.
pub type Read<'a> = &'a dyn Fn(&Descriptor) -> io::Result<Bytes>;
/// Takes the pieces of a layer, in order.
pub type Take<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

/// A file that goes from an artifact into an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its absolute path in the image; the last part is its name in the artifact.
    pub path: String,
    /// The artifact.
    pub artifact: ImageRef,
    /// The artifact's layer that holds it.
    pub layer: Descriptor,
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
        let failed = |file: &Taken, source| ComposeError::io(&file.artifact, source);
        for file in &self.files {
            let layer = read(&file.layer).map_err(|source| failed(file, source))?;
            let size = extract(file, &layer, &mut |size, piece| match piece {
                None => take(header(file, size)?.as_bytes()),
                Some(piece) => take(piece),
            })?;
            let missing = usize::try_from(size.next_multiple_of(BLOCK) - size).unwrap_or_default();
            take(&[0; BLOCK as usize][..missing]).map_err(|source| failed(file, source))?;
        }
        let last = self.files.last();
        take(&[0; 2 * BLOCK as usize]).map_err(|source| match last {
            Some(file) => failed(file, source),
            None => ComposeError::Io { part: "the layer".to_owned(), source },
        })
    }

    /// Returns the digest and the size in bytes of the layer. It is also the digest of what the layer holds: nothing is compressed.
    ///
    /// # Errors
    /// When a file is not in its artifact as it must be, or cannot be read.
    pub fn measure(&self, read: Read<'_>) -> Result<(Digest, u64), ComposeError> {
        let (mut hasher, mut size) = (Hasher::default(), 0);
        self.write(read, &mut |piece| {
            hasher.update(piece);
            size += piece.len() as u64;
            Ok(())
        })?;
        Ok((hasher.finish(), size))
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
