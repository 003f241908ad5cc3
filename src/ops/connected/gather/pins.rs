//! The digests that a lock or a spec pins.

use crate::digest::Digest;
use crate::lock::{Lock, LockedFile};
use crate::spec::{FileSpec, Item};

/// Which digests are asked for instead of tags.
#[derive(Clone, Copy)]
pub(in crate::ops::connected) enum Pins<'a> {
    /// The lock's digests, if it has any.
    Locked(Option<&'a Lock>),
    /// None: what upstream has now.
    Current,
}

impl<'a> Pins<'a> {
    fn locked_file(self, file: &FileSpec) -> Option<&'a LockedFile> {
        match self {
            Self::Locked(lock) => lock?.file(&file.name),
            Self::Current => None,
        }
    }

    pub(super) fn item(self, item: &Item) -> Option<Digest> {
        match self {
            Self::Locked(lock) => lock?.item(&item.reference).map(|locked| locked.digest),
            Self::Current => None,
        }
    }

    pub(super) fn file(self, file: &FileSpec) -> Option<Digest> {
        let locked = self.locked_file(file).filter(|locked| locked.url == file.url);
        file.sha256.or(locked.map(|locked| locked.sha256))
    }

    /// Returns digest and size of a file, if the lock has both.
    pub(super) fn measured(self, file: &FileSpec) -> Option<(Digest, u64)> {
        let locked = self.locked_file(file)?;
        (Some(locked.sha256) == self.file(file)).then_some((locked.sha256, locked.size))
    }

    pub(super) fn checksums(self, file: &FileSpec) -> Option<Digest> {
        let locked = self.locked_file(file)?.checksums.as_ref();
        locked.filter(|locked| file.checksums.as_ref() == Some(&locked.url)).map(|locked| locked.sha256)
    }
}
