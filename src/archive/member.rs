//! Reads members of the tar at the places where they have to be.

use super::error::ArchiveError;
use super::format::{BLOCK, INDEX_NAME, MAX_INDEX_BYTES, Member, blob_name};
use super::parts::Parts;
use crate::digest::Digest;
use crate::oci::Descriptor;

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
    pub(super) fn member(&self, member: &Member) -> Result<Vec<u8>, ArchiveError> {
        let mut header = [0; BLOCK as usize];
        self.read(member.header, &mut header)?;
        if member.header_bytes().ok() != Some(header) {
            return Err(ArchiveError::Member { expected: member.name.clone(), offset: member.header });
        }
        let mut content = vec![0; usize::try_from(member.size).unwrap_or(usize::MAX)];
        self.read(member.content(), &mut content)?;
        Ok(content)
    }

    /// Returns the size in bytes of the index, whose header is at the offset.
    pub(super) fn index_size(&self, offset: u64) -> Result<u64, ArchiveError> {
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
    pub(super) fn blob_at(
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

/// Refuses bytes that have another digest.
pub(super) fn expect(expected: &Digest, bytes: &[u8]) -> Result<(), ArchiveError> {
    let found = Digest::of(bytes);
    if found == *expected { Ok(()) } else { Err(ArchiveError::Digest { expected: *expected, found }) }
}
