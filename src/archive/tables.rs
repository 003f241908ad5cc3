//! What the index and the table of contents say: the entries, the files, and where each blob is.

use bytes::Bytes;

use super::contents::{Contents, Entry, PayloadFile, read_bundle_manifest, read_index};
use super::error::ArchiveError;
use super::format::{Layout, Member};
use super::member::expect;
use super::parts::Parts;
use crate::digest::Digest;
use crate::oci::MAX_MANIFEST_BYTES;

/// What the index and the table of contents say.
#[derive(Debug)]
pub(super) struct Tables {
    pub contents: Contents,
    pub entries: Vec<Entry>,
    pub files: Vec<PayloadFile>,
    pub layout: Layout,
}

impl Tables {
    /// Reads what an index leads to.
    pub(super) fn read(raw: &Parts, index: &[u8]) -> Result<Self, ArchiveError> {
        let (bundle, entries) = read_index(index)?;
        let start = Layout::new(index.len() as u64, &[]).slots().last().map_or(0, Member::end);
        let (manifest, next) = raw.blob_at(start, &bundle, MAX_MANIFEST_BYTES)?;
        let (table, files) = read_bundle_manifest(&manifest)?;
        let (contents, _) = raw.blob_at(next, &table, MAX_MANIFEST_BYTES)?;
        let contents = Contents::read(&contents)?;
        let own = [(bundle.digest, bundle.size), (table.digest, table.size)];
        let blobs: Vec<_> = own.into_iter().chain(contents.blobs.iter().copied()).collect();
        let total = blobs.iter().try_fold(0u64, |sum, (_, size)| sum.checked_add(*size));
        let layout =
            total.filter(|total| *total <= raw.length()).map(|_| Layout::new(index.len() as u64, &blobs));
        let truncated = || raw.wrong_length(total.unwrap_or(u64::MAX));
        let layout = layout.ok_or_else(truncated)?;
        if layout.length() != raw.length() {
            return Err(raw.wrong_length(layout.length()));
        }
        if layout.blobs().count() != blobs.len() {
            return Err(ArchiveError::malformed("the table of contents", "a blob is listed twice"));
        }
        Ok(Self { contents, entries, files, layout })
    }

    /// Reads a small blob and compares its digest.
    pub(super) fn blob(&self, raw: &Parts, digest: &Digest, limit: u64) -> Result<Bytes, ArchiveError> {
        let missing = || ArchiveError::Missing { digest: *digest, named_by: "the index".to_owned() };
        let member = self.layout.blob(digest).ok_or_else(missing)?;
        if member.size > limit {
            return Err(ArchiveError::TooLarge {
                what: format!("blob `{digest}`"),
                found: member.size,
                limit,
            });
        }
        let bytes = raw.member(member)?;
        expect(digest, &bytes)?;
        Ok(bytes.into())
    }
}
