//! The files of a bundle, and upstream's lists of checksums: those of its spec and its lock, all of them and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::Archive;
use crate::digest::Digest;
use crate::lock::LockedFile;
use crate::ops::bundle::{CHECKSUMS, Documents, FILES};
use crate::ops::error::EntryError;
use crate::ops::judge::check_listed;
use crate::spec::FileSpec;

const OTHERS: &str = "spec, lock and content do not name the same";

/// A file of upstream's, as a bundle carries it.
pub(super) struct CarriedFile {
    sha256: Digest,
    size: u64,
    large: bool,
}

/// Returns the files of upstream's that a bundle carries, by name.
pub(super) fn carried_files(
    payload: &BTreeMap<String, Vec<u8>>,
    archive: &Archive,
) -> Result<BTreeMap<String, CarriedFile>, EntryError> {
    let held = payload.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(FILES)?, bytes)));
    let held = held.map(|(name, bytes)| {
        let (sha256, size) = (Digest::of(bytes), bytes.len() as u64);
        (name.to_owned(), CarriedFile { sha256, size, large: false })
    });
    let mut carried: BTreeMap<_, _> = held.collect();
    for file in archive.large_files() {
        // What the bundle's author wrote is read, so it is never large.
        let name = file.path.strip_prefix(FILES);
        let name = name.ok_or_else(|| EntryError::contradiction(format!("file `{}`", file.path), OTHERS))?;
        let (sha256, size) = (file.descriptor.digest, file.size);
        carried.insert(name.to_owned(), CarriedFile { sha256, size, large: true });
    }
    Ok(carried)
}

/// Compares the files with what the documents say of them.
pub(super) struct FilesCheck<'a> {
    pub documents: &'a Documents,
    pub carried: BTreeMap<String, CarriedFile>,
}

impl FilesCheck<'_> {
    /// Checks files and lists.
    pub(super) fn check(&self) -> Result<(), EntryError> {
        self.check_files()?;
        self.check_checksums()
    }

    /// Checks that the files are those of the lock.
    fn check_files(&self) -> Result<(), EntryError> {
        let (spec, lock) = (&self.documents.spec, &self.documents.lock);
        let names = self.carried.keys().chain(lock.files.iter().map(|file| &file.name));
        let names: BTreeSet<_> = names.chain(spec.files().map(|file| &file.name)).collect();
        let fits = |name: &str| {
            let wanted = spec.files().find(|file| file.name == name);
            match (self.carried.get(name), lock.file(name), wanted) {
                (Some(carried), Some(locked), Some(wanted)) => carried.is(locked, wanted),
                _ => false,
            }
        };
        match names.into_iter().find(|name| !fits(name)) {
            None => Ok(()),
            Some(name) => Err(EntryError::contradiction(format!("file `{name}`"), OTHERS)),
        }
    }

    /// Checks that the lists of checksums are those of the lock, and that each lists its file.
    fn check_checksums(&self) -> Result<(), EntryError> {
        let Documents { spec, lock, payload } = self.documents;
        let mut unknown: BTreeSet<_> =
            payload.keys().filter_map(|path| path.strip_prefix(CHECKSUMS)).collect();
        for file in spec.files() {
            let locked = lock.file(&file.name).and_then(|locked| locked.checksums.as_ref());
            let list = payload.get(&format!("{CHECKSUMS}{}", file.name));
            unknown.remove(file.name.as_str());
            let known = locked.map(|locked| (&locked.url, locked.sha256));
            if known != file.checksums.as_ref().zip(list.map(|list| Digest::of(list))) {
                return Err(EntryError::contradiction(
                    format!("the list of checksums of file `{}`", file.name),
                    OTHERS,
                ));
            }
            if let (Some(list), Some(carried)) = (list, self.carried.get(&file.name)) {
                check_listed(file, list, carried.sha256)?;
            }
        }
        match unknown.first() {
            None => Ok(()),
            Some(name) => {
                Err(EntryError::contradiction(format!("the list of checksums of file `{name}`"), OTHERS))
            }
        }
    }
}

impl CarriedFile {
    fn is(&self, locked: &LockedFile, wanted: &FileSpec) -> bool {
        (self.sha256, self.size) == (locked.sha256, locked.size)
            && self.large == wanted.large
            && wanted.sha256.is_none_or(|sha256| sha256 == self.sha256)
    }
}
