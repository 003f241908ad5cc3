//! A bundle file whose signatures are not checked yet, and the two types that it becomes.

use std::ops::Deref;
use std::path::Path;

use super::contents::{Contents, Entry, PayloadFile};
use super::error::ArchiveError;
use super::format::{INDEX_NAME, LAYOUT_NAME, Layout, Member, OCI_LAYOUT};
use super::parts::Parts;
use super::reader::Archive;
use super::tables::Tables;
use crate::digest::Digest;
use crate::lock::Signer;
use crate::trust::{BundleSigners, SetAside, TrustedRoot, verify_signatures};

/// A bundle file whose signatures are not checked yet. It gives access to its index and its signatures alone.
#[derive(Debug)]
pub struct UnverifiedArchive {
    pub(super) raw: Parts,
    pub(super) index: Vec<u8>,
    pub(super) slots: Vec<(String, Vec<u8>)>,
}

/// A bundle that the given signers have signed.
#[derive(Debug)]
pub struct VerifiedArchive {
    archive: Archive,
    vouched: Vouched,
}

/// A bundle that was opened without checking a signature, because the operator asked for that.
#[derive(Debug)]
pub struct InsecureArchive(Archive);

/// The signers of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Whose signatures count.
    pub by: Vec<Signer>,
    /// Signatures by others.
    pub others: Vec<SetAside>,
}

/// What a bundle says of itself, unverified.
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
    /// When too few of the given signers signed the bundle, when any signature is bad, or when the bundle is not complete.
    pub fn verify(
        self,
        signers: &BundleSigners,
        root: &TrustedRoot,
    ) -> Result<VerifiedArchive, ArchiveError> {
        let signed = verify_signatures(&self.slots, &self.index, signers, root)?;
        let vouched = Vouched { by: signed.by().to_vec(), others: signed.others().to_vec() };
        let archive = Archive::read(self.raw, &self.index)?;
        Ok(VerifiedArchive { archive, vouched })
    }

    /// Opens the bundle without checking its signatures. What the index leads to is still hashed.
    ///
    /// # Errors
    /// When the bundle is not complete.
    pub fn insecure_trust_unsigned(self) -> Result<InsecureArchive, ArchiveError> {
        Archive::read(self.raw, &self.index).map(InsecureArchive)
    }

    /// Returns what the bundle says of itself, unverified.
    ///
    /// # Errors
    /// When the index does not lead to a table of contents.
    pub fn inspect(&self) -> Result<Inspection, ArchiveError> {
        let Tables { contents, entries, files, .. } = Tables::read(&self.raw, &self.index)?;
        Ok(Inspection { digest: self.digest(), contents, entries, files })
    }
}

impl VerifiedArchive {
    /// Returns the signers.
    #[must_use]
    pub fn vouched(&self) -> &Vouched {
        &self.vouched
    }

    /// Returns the contents, without the mark that they were verified.
    #[must_use]
    pub fn into_archive(self) -> Archive {
        self.archive
    }
}

impl InsecureArchive {
    /// Returns the contents.
    #[must_use]
    pub fn into_archive(self) -> Archive {
        self.0
    }
}

impl Deref for VerifiedArchive {
    type Target = Archive;

    fn deref(&self) -> &Archive {
        &self.archive
    }
}

impl Deref for InsecureArchive {
    type Target = Archive;

    fn deref(&self) -> &Archive {
        &self.0
    }
}
