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
//! - a signature by another key, or none: `a_bundle_by_another_key_or_by_nobody_is_refused`; everything else that can be wrong with
//!   signatures, of which there may be several: see `trust::bundle_signature`;
//! - a blob that nothing names, and a name that leads nowhere: `a_blob_that_nothing_names_is_refused`,
//!   `a_blob_that_is_named_and_missing_is_refused`;
//! - the same blob or file twice: `a_blob_that_is_listed_twice_is_refused`, `a_file_that_is_there_twice_is_refused`;
//! - indexes nested so deep that following them exhausts the stack: `an_index_within_an_index_is_refused`;
//! - another version of the format, fields and roles that are not known:
//!   `documents_that_are_not_as_they_must_be_are_refused`;
//! - a file that decompresses to more, or less, than it announces: `a_file_that_decompresses_to_another_size_is_refused`;
//! - a large file of another size than its blob: `a_large_file_of_another_size_is_refused`.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;

use super::contents::{Contents, Entry, PayloadFile, read_bundle_manifest, read_index};
use super::error::ArchiveError;
use super::format::{BLOCK, INDEX_NAME, LAYOUT_NAME, Layout, MAX_INDEX_BYTES, Member, OCI_LAYOUT, blob_name};
use super::parts::Parts;
use super::walk::walk;
use crate::digest::Digest;
use crate::lock::Signer;
use crate::registry::Manifest;
use crate::registry::oci::{Descriptor, MAX_MANIFEST_BYTES};
use crate::store::BlobSource;
use crate::trust::{BundleSigners, SetAside, TrustedRoot, verify_signatures};

/// The largest file of the bundle's own, in bytes before compression.
pub(super) const MAX_PAYLOAD_BYTES: u64 = 64 * 1024 * 1024;

/// A bundle file that nobody vouches for yet. All that can be had from it is its index and its signatures.
#[derive(Debug)]
pub struct UnverifiedArchive {
    pub(super) raw: Parts,
    pub(super) index: Vec<u8>,
    pub(super) slots: Vec<(String, Vec<u8>)>,
}

/// A bundle whose signature is good: the only type that reads contents, and it hashes all that it reads.
#[derive(Debug)]
pub struct Archive {
    raw: Parts,
    tables: Tables,
    digest: Digest,
    vouched: Option<Vouched>,
    manifests: HashMap<Digest, Manifest>,
}

/// Who vouches for a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Whose signatures count.
    pub by: Vec<Signer>,
    /// Signatures by others.
    pub others: Vec<SetAside>,
}

/// What a bundle says of itself, not vouched for.
#[derive(Debug)]
pub struct Inspection {
    /// The digest of the index: the bundle's identity.
    pub digest: Digest,
    /// The table of contents.
    pub contents: Contents,
    /// The entries of the index.
    pub entries: Vec<Entry>,
    /// The bundle's own files.
    pub files: Vec<PayloadFile>,
}

#[derive(Debug)]
pub(super) struct Tables {
    pub contents: Contents,
    pub entries: Vec<Entry>,
    pub files: Vec<PayloadFile>,
    pub layout: Layout,
}

/// What both kinds of archives read.
impl Parts {
    pub(super) fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        let end = offset.saturating_add(buffer.len() as u64);
        if end > self.length() {
            return Err(self.wrong_length(end));
        }
        self.read_exact_at(buffer, offset).map_err(|source| ArchiveError::Io {
            verb: "read",
            path: self.path().to_owned(),
            source,
        })
    }

    /// Reads a member whose header is the one it must have.
    fn member(&self, member: &Member) -> Result<Vec<u8>, ArchiveError> {
        let mut header = [0; BLOCK as usize];
        self.read(member.header, &mut header)?;
        if member.header_bytes().ok() != Some(header) {
            return Err(ArchiveError::Member { expected: member.name.clone(), offset: member.header });
        }
        let mut content = vec![0; usize::try_from(member.size).unwrap_or(usize::MAX)];
        self.read(member.content(), &mut content)?;
        Ok(content)
    }

    fn index_size(&self, offset: u64) -> Result<u64, ArchiveError> {
        let mut header = tar::Header::new_ustar();
        self.read(offset, header.as_mut_bytes())?;
        let size =
            header.size().map_err(|_| ArchiveError::Member { expected: INDEX_NAME.to_owned(), offset })?;
        if size > MAX_INDEX_BYTES {
            return Err(ArchiveError::TooLarge {
                what: format!("`{INDEX_NAME}`"),
                found: size,
                limit: MAX_INDEX_BYTES,
            });
        }
        Ok(size)
    }

    /// Reads a blob that is expected at a place, and compares its digest.
    fn blob_at(
        &self,
        header: u64,
        descriptor: &Descriptor,
        limit: u64,
    ) -> Result<(Vec<u8>, u64), ArchiveError> {
        let name = blob_name(&descriptor.digest);
        if descriptor.size > limit {
            return Err(ArchiveError::TooLarge { what: format!("`{name}`"), found: descriptor.size, limit });
        }
        let member = Member::new(name, header, descriptor.size);
        let bytes = self.member(&member)?;
        expect(&descriptor.digest, &bytes)?;
        Ok((bytes, member.end()))
    }
}

fn expect(expected: &Digest, bytes: &[u8]) -> Result<(), ArchiveError> {
    let found = Digest::of(bytes);
    if found == *expected { Ok(()) } else { Err(ArchiveError::Digest { expected: *expected, found }) }
}

impl UnverifiedArchive {
    /// Opens a file and reads its index and its signatures.
    ///
    /// # Errors
    /// When it cannot be read, or does not begin as a bundle does.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let raw = Parts::open(path)?;
        let layout = Member::new(LAYOUT_NAME, 0, OCI_LAYOUT.len() as u64);
        if raw.member(&layout)? != OCI_LAYOUT {
            return Err(ArchiveError::Member { expected: LAYOUT_NAME.to_owned(), offset: 0 });
        }
        let index = Member::new(INDEX_NAME, layout.end(), raw.index_size(layout.end())?);
        let slots = Layout::new(index.size, &[]);
        let slots = slots.slots().iter().map(|slot| Ok((slot.name.clone(), raw.member(slot)?)));
        let slots = slots.collect::<Result<_, ArchiveError>>()?;
        Ok(Self { index: raw.member(&index)?, slots, raw })
    }

    /// Returns the digest of the index.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.index)
    }

    /// Checks every signature against what the operator gave, then reads what the index leads to.
    /// The large blobs are not hashed yet: see [`Archive::check`].
    ///
    /// # Errors
    /// When too few of those who must have signed the bundle have, when any signature is bad, or when it is not complete.
    pub fn verify(self, signers: &BundleSigners, root: &TrustedRoot) -> Result<Archive, ArchiveError> {
        let signed = verify_signatures(&self.slots, &self.index, signers, root)?;
        let vouched = Vouched { by: signed.by().to_vec(), others: signed.others().to_vec() };
        self.read(Some(vouched))
    }

    /// Takes the bundle without looking at its signatures. What the index leads to is still hashed.
    ///
    /// # Errors
    /// When the bundle is not complete.
    pub fn insecure_trust_unsigned(self) -> Result<Archive, ArchiveError> {
        self.read(None)
    }

    fn read(self, vouched: Option<Vouched>) -> Result<Archive, ArchiveError> {
        let tables = self.tables()?;
        let mut archive =
            Archive { digest: self.digest(), raw: self.raw, tables, vouched, manifests: HashMap::new() };
        archive.manifests = walk(&archive)?;
        Ok(archive)
    }

    /// Returns what the bundle says of itself.
    ///
    /// # Errors
    /// When the index does not lead to a table of contents.
    pub fn inspect(&self) -> Result<Inspection, ArchiveError> {
        let Tables { contents, entries, files, .. } = self.tables()?;
        Ok(Inspection { digest: self.digest(), contents, entries, files })
    }

    fn tables(&self) -> Result<Tables, ArchiveError> {
        let (bundle, entries) = read_index(&self.index)?;
        let start = Layout::new(self.index.len() as u64, &[]).slots().last().map_or(0, Member::end);
        let (manifest, next) = self.raw.blob_at(start, &bundle, MAX_MANIFEST_BYTES)?;
        let (table, files) = read_bundle_manifest(&manifest)?;
        let (contents, _) = self.raw.blob_at(next, &table, MAX_MANIFEST_BYTES)?;
        let contents = Contents::read(&contents)?;
        let own = [(bundle.digest, bundle.size), (table.digest, table.size)];
        let blobs: Vec<_> = own.into_iter().chain(contents.blobs.iter().copied()).collect();
        let total = blobs.iter().try_fold(0u64, |sum, (_, size)| sum.checked_add(*size));
        let layout = total
            .filter(|total| *total <= self.raw.length())
            .map(|_| Layout::new(self.index.len() as u64, &blobs));
        let truncated = || self.raw.wrong_length(total.unwrap_or(u64::MAX));
        let layout = layout.ok_or_else(truncated)?;
        if layout.length() != self.raw.length() {
            return Err(self.raw.wrong_length(layout.length()));
        }
        if layout.blobs().count() != blobs.len() {
            return Err(ArchiveError::malformed("the table of contents", "a blob is listed twice"));
        }
        Ok(Tables { contents, entries, files, layout })
    }
}

impl Archive {
    /// Returns the digest of the index: the bundle's identity.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns who vouches for it; `None` where the signatures were not looked at.
    #[must_use]
    pub fn vouched(&self) -> Option<&Vouched> {
        self.vouched.as_ref()
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
    /// When it is not here, larger than `limit` bytes, or altered.
    pub fn blob(&self, digest: &Digest, limit: u64) -> Result<Bytes, ArchiveError> {
        let missing = || ArchiveError::Missing { digest: *digest, named_by: "the index".to_owned() };
        let member = self.tables.layout.blob(digest).ok_or_else(missing)?;
        if member.size > limit {
            return Err(ArchiveError::TooLarge {
                what: format!("blob `{digest}`"),
                found: member.size,
                limit,
            });
        }
        let bytes = self.raw.member(member)?;
        expect(digest, &bytes)?;
        Ok(bytes.into())
    }

    /// Returns the large files of the bundle's own: what is told of them, not their content.
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
