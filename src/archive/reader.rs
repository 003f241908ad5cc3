//! Reads a bundle file.
//!
//! The file is hostile until its signature was checked, and so is every blob until it was hashed. What is refused, each with
//! the test that meets it, here or in `tests/fast/tamper.rs`:
//! - a member of another name, kind, size or owner than the index leads to, which leaves no room for links, path escapes,
//!   duplicates or extension headers: `a_member_of_another_kind_name_or_owner_is_refused`;
//! - a file that is shorter or longer than its contents: `a_truncated_or_lengthened_bundle_is_refused`;
//! - a part that is missing, of another size, or in another's place: `a_part_that_is_missing_or_of_another_size_is_named`,
//!   `parts_that_are_exchanged_are_refused`;
//! - sizes that lie: `sizes_that_add_up_to_more_than_the_file_are_refused`, `a_manifest_that_says_another_size_is_refused`;
//! - an index too large to be one: `a_huge_index_is_refused_before_it_is_read`;
//! - padding that is not zero, a blob that does not match its digest, a changed index or signature:
//!   `one_altered_byte_anywhere_is_refused_by_verify_and_by_install`;
//! - a signature by another key, or none: `a_bundle_by_another_key_or_unsigned_is_refused`; everything else that can be wrong with
//!   signatures: see `trust::bundle`;
//! - a blob that nothing names, and a name that leads nowhere: `a_blob_that_nothing_names_is_refused`,
//!   `a_blob_that_is_named_and_missing_is_refused`;
//! - the same blob or file twice: `a_blob_that_is_listed_twice_is_refused`, `a_file_that_is_there_twice_is_refused`;
//! - indexes nested so deep that following them exhausts the stack: `an_index_within_an_index_is_refused`;
//! - another version of the format, fields and roles that are not known:
//!   `documents_that_are_not_as_they_must_be_are_refused`;
//! - a file that decompresses to more, or less, than it announces: `a_file_that_decompresses_to_another_size_is_refused`;
//! - a large file of another size than its blob: `a_large_file_of_another_size_is_refused`.

mod walk;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read as _};

use bytes::Bytes;

use super::contents::{Contents, Entry, PayloadFile};
use super::error::ArchiveError;
use super::parts::Parts;
use super::tables::Tables;
use crate::digest::Digest;
use crate::oci::Manifest;
use crate::store::BlobSource;
use walk::walk;

/// The largest file of the bundle's own, in bytes before compression.
pub(super) const MAX_PAYLOAD_BYTES: u64 = 64 * 1024 * 1024;

/// The contents of a bundle: the only type that reads them, and it hashes all that it reads.
///
/// It is had from a [`VerifiedArchive`](super::VerifiedArchive), or from an [`InsecureArchive`](super::InsecureArchive), whose
/// signatures were not checked.
#[derive(Debug)]
pub struct Archive {
    raw: Parts,
    tables: Tables,
    digest: Digest,
    manifests: HashMap<Digest, Manifest>,
}

impl Archive {
    /// Reads what an index leads to. The large blobs are not hashed yet: see [`Archive::check`].
    pub(super) fn read(raw: Parts, index: &[u8]) -> Result<Self, ArchiveError> {
        let tables = Tables::read(&raw, index)?;
        let manifests = walk(&raw, &tables)?;
        Ok(Self { raw, tables, digest: Digest::of(index), manifests })
    }

    /// Returns the digest of the index: the bundle's identity.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the table of contents.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.tables.contents
    }

    /// Returns the length of the file, in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.tables.layout.length()
    }

    /// Returns the entries of the index.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.tables.entries
    }

    /// Returns a manifest or index of the bundle.
    #[must_use]
    pub fn manifest(&self, digest: &Digest) -> Option<&Manifest> {
        self.manifests.get(digest)
    }

    pub(super) fn raw(&self) -> &Parts {
        &self.raw
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Reads a small blob and compares its digest.
    ///
    /// # Errors
    /// When it is missing, larger than `limit` bytes, or altered.
    pub fn blob(&self, digest: &Digest, limit: u64) -> Result<Bytes, ArchiveError> {
        self.tables.blob(&self.raw, digest, limit)
    }

    /// Returns the large files of the bundle's own: their descriptions, not their content.
    pub fn large_files(&self) -> impl Iterator<Item = &PayloadFile> {
        self.tables.files.iter().filter(|file| file.is_large())
    }

    /// Reads the bundle's own files: path and content. The large ones are not among them.
    ///
    /// # Errors
    /// When one is altered, or decompresses to another size than it announces.
    pub fn payload(&self) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
        let files = self.tables.files.iter().filter(|file| !file.is_large());
        files.map(|file| Ok((file.path.clone(), self.decompress(file)?))).collect()
    }

    pub(super) fn decompress(&self, file: &PayloadFile) -> Result<Vec<u8>, ArchiveError> {
        let what = format!("file `{}`", file.path);
        if file.size > MAX_PAYLOAD_BYTES {
            return Err(ArchiveError::TooLarge { what, found: file.size, limit: MAX_PAYLOAD_BYTES });
        }
        let compressed = self.blob(&file.descriptor.digest, MAX_PAYLOAD_BYTES)?;
        let mut bytes = Vec::new();
        let decoder =
            zstd::Decoder::new(&*compressed).map_err(|error| ArchiveError::malformed(&what, error))?;
        decoder
            .take(file.size + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| ArchiveError::malformed(&what, error))?;
        if bytes.len() as u64 != file.size {
            return Err(ArchiveError::malformed(
                &what,
                format!("expected {} bytes, found another number", file.size),
            ));
        }
        Ok(bytes)
    }
}

impl BlobSource for Archive {
    fn size(&self, digest: &Digest) -> Option<u64> {
        self.tables.layout.blob(digest).map(|member| member.size)
    }

    fn read_exact_at(&self, digest: &Digest, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let member = self.tables.layout.blob(digest).ok_or(io::ErrorKind::NotFound)?;
        if offset.saturating_add(buffer.len() as u64) > member.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let read = self.raw.read_exact_at(buffer, member.content() + offset);
        read.map_err(|source| self.raw.unreadable(&source))
    }
}

#[cfg(test)]
mod tests;
