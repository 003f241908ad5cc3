//! Takes single things out of a bundle, and compares each with its digest on the way.

use std::collections::BTreeMap;

use super::contents::{CONTAINERD_NAME, Entry, REF_NAME};
use super::error::ArchiveError;
use super::format::{BLOCK, INDEX_NAME, LAYOUT_NAME, Member, OCI_LAYOUT, blob_name};
use super::reader::Archive;
use crate::digest::{Digest, Hasher};
use crate::oci::{self, Descriptor, Manifest};
use crate::store::BlobSource as _;

const PIECE_BYTES: u64 = 1024 * 1024;

/// Takes the pieces of what is extracted, in order.
pub type Take<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), ArchiveError>;

impl Archive {
    /// Returns a file of the bundle's own; `None` if no file has that path, or if it is large.
    ///
    /// # Errors
    /// When it is altered, or decompresses to another size than it announces.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let file = self.tables().files.iter().find(|file| file.path == path && !file.is_large());
        file.map(|file| self.decompress(file)).transpose()
    }

    /// Hands out a blob. What was handed out is good only if this succeeds.
    ///
    /// # Errors
    /// When it is not here, altered, or not taken.
    pub fn blob_to(&self, digest: &Digest, take: Take<'_>) -> Result<(), ArchiveError> {
        let missing = || ArchiveError::Missing { digest: *digest, named_by: "the index".to_owned() };
        let size = self.size(digest).ok_or_else(missing)?;
        let unread = |source| ArchiveError::Io { verb: "read", path: self.raw().path().to_owned(), source };
        let (mut hasher, mut offset) = (Hasher::default(), 0);
        let mut piece = vec![0; usize::try_from(size.min(PIECE_BYTES)).unwrap_or_default()];
        while offset < size {
            let length = usize::try_from((size - offset).min(PIECE_BYTES)).unwrap_or_default();
            self.read_exact_at(digest, offset, &mut piece[..length]).map_err(unread)?;
            hasher.update(&piece[..length]);
            take(&piece[..length])?;
            offset += length as u64;
        }
        let found = hasher.finish();
        if found == *digest { Ok(()) } else { Err(ArchiveError::Digest { expected: *digest, found }) }
    }

    /// Hands out an image as an OCI layout in a tar: what skopeo and containerd read.
    ///
    /// # Errors
    /// When a part of it is altered, or not taken.
    // See: OCI image-spec image-layout.md
    pub fn image_to(&self, entry: &Entry, take: Take<'_>) -> Result<(), ArchiveError> {
        member(LAYOUT_NAME, OCI_LAYOUT, take)?;
        member(INDEX_NAME, index(entry).as_bytes(), take)?;
        for (digest, size) in self.parts(entry) {
            header(&blob_name(&digest), size, take)?;
            self.blob_to(&digest, take)?;
            pad(size, take)?;
        }
        take(&[0; 2 * BLOCK as usize])
    }

    /// Returns every blob of an image, with its size in bytes.
    fn parts(&self, entry: &Entry) -> BTreeMap<Digest, u64> {
        let top = self.manifest(&entry.descriptor.digest);
        let children = top.into_iter().flat_map(|top| top.document.manifests.iter().flatten());
        let children = children.filter_map(|child| self.manifest(&child.digest));
        let own = |manifest: &Manifest| (manifest.descriptor.digest, manifest.descriptor.size);
        let blob = |blob: &Descriptor| (blob.digest, blob.size);
        let all = top.into_iter().chain(children);
        all.flat_map(|manifest| std::iter::once(own(manifest)).chain(manifest.document.blobs().map(blob)))
            .collect()
    }
}

fn index(entry: &Entry) -> String {
    let mut descriptor = entry.descriptor.clone();
    descriptor.annotations.clear();
    let named = descriptor.annotated(REF_NAME, entry.name()).annotated(CONTAINERD_NAME, entry.name());
    serde_json::json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": [named]}).to_string()
}

fn member(name: &str, content: &[u8], take: Take<'_>) -> Result<(), ArchiveError> {
    header(name, content.len() as u64, take)?;
    take(content)?;
    pad(content.len() as u64, take)
}

fn header(name: &str, size: u64, take: Take<'_>) -> Result<(), ArchiveError> {
    let bytes = Member::new(name, 0, size).header_bytes();
    take(&bytes.map_err(|error| ArchiveError::malformed(&format!("member `{name}`"), error))?)
}

fn pad(size: u64, take: Take<'_>) -> Result<(), ArchiveError> {
    let missing = size.next_multiple_of(BLOCK) - size;
    take(&[0; BLOCK as usize][..usize::try_from(missing).unwrap_or_default()])
}
