//! Where every byte of a bundle file goes.

use std::collections::HashMap;

use crate::digest::Digest;
use crate::trust::SLOT;

/// How many parts a bundle has at most: each is a file that stays open.
pub const MAX_PARTS: u64 = 200;

/// The size of a tar block, in bytes.
// See: POSIX.1-2017 pax, "ustar Interchange Format"
pub(super) const BLOCK: u64 = 512;
/// The size of a signature's member, in bytes: signing again moves nothing.
pub const SIGNATURE_SLOT: u64 = SLOT as u64;
/// How many members are there for signatures.
pub const SIGNATURE_SLOTS: usize = 4;
/// How many members there are before the blobs.
const HEAD: usize = 2 + SIGNATURE_SLOTS;
/// The largest index that is read, in bytes.
pub(super) const MAX_INDEX_BYTES: u64 = 4 * 1024 * 1024;
/// The content of `oci-layout`.
// See: OCI image-spec image-layout.md
pub(super) const OCI_LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

pub(super) const LAYOUT_NAME: &str = "oci-layout";
pub(super) const INDEX_NAME: &str = "index.json";

/// The place of a member within the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where its header starts, in bytes.
    pub header: u64,
    /// Its size in bytes.
    pub size: u64,
}

impl Member {
    pub(super) fn new(name: impl Into<String>, header: u64, size: u64) -> Self {
        Self { name: name.into(), header, size }
    }

    /// Returns where its content starts, in bytes.
    #[must_use]
    pub fn content(&self) -> u64 {
        self.header + BLOCK
    }

    /// Returns where the next member starts, in bytes.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.content() + self.size.next_multiple_of(BLOCK)
    }

    /// Returns the only header that this member can have.
    pub(super) fn header_bytes(&self) -> std::io::Result<[u8; BLOCK as usize]> {
        let mut header = tar::Header::new_ustar();
        header.set_path(&self.name)?;
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(self.size);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_cksum();
        Ok(*header.as_bytes())
    }
}

pub(super) fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// Returns the name of a slot for a signature; the first has no number.
#[must_use]
pub fn slot_name(slot: usize) -> String {
    match slot {
        0 => "bundle.sigstore.json".to_owned(),
        slot => format!("bundle.{}.sigstore.json", slot + 1),
    }
}

/// The places of all members.
#[derive(Debug, Clone)]
pub struct Layout {
    members: Vec<Member>,
    blobs: HashMap<Digest, usize>,
    length: u64,
}

impl Layout {
    /// Lays out an index of the given size and blobs in the given order.
    #[must_use]
    pub fn new(index_size: u64, blobs: &[(Digest, u64)]) -> Self {
        let head = [(LAYOUT_NAME, OCI_LAYOUT.len() as u64), (INDEX_NAME, index_size)];
        let head = head.into_iter().map(|(name, size)| (name.to_owned(), size));
        let slots = (0..SIGNATURE_SLOTS).map(|slot| (slot_name(slot), SIGNATURE_SLOT));
        let named = blobs.iter().map(|(digest, size)| (blob_name(digest), *size));
        let mut members: Vec<Member> = Vec::with_capacity(HEAD + blobs.len());
        for (name, size) in head.chain(slots).chain(named) {
            members.push(Member::new(name, members.last().map_or(0, Member::end), size));
        }
        let length = members.last().map_or(0, Member::end) + 2 * BLOCK;
        let blobs = blobs.iter().enumerate().map(|(place, (digest, _))| (*digest, place + HEAD)).collect();
        Self { members, blobs, length }
    }

    /// Returns every member, in the order of the file.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Returns the members that are blobs, with their digests, in no order.
    pub fn blobs(&self) -> impl Iterator<Item = (&Digest, &Member)> {
        self.blobs.iter().map(|(digest, place)| (digest, &self.members[*place]))
    }

    /// Returns the place of a blob.
    #[must_use]
    pub fn blob(&self, digest: &Digest) -> Option<&Member> {
        self.blobs.get(digest).map(|place| &self.members[*place])
    }

    /// Returns the length of the whole file, in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn index(&self) -> &Member {
        &self.members[1]
    }

    /// Returns the slots for signatures, in order.
    pub(super) fn slots(&self) -> &[Member] {
        &self.members[2..HEAD]
    }

    /// Returns the blobs that no entry names: the bundle's own manifest, and its table of contents.
    pub(super) fn own(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().skip(HEAD).take(2)
    }
}

#[cfg(test)]
mod tests;
