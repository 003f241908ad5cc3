//! The slots for signatures: read before anything is trusted, and the only part of a bundle that is ever written again.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use super::error::ArchiveError;
use super::format::{Layout, Member, SIGNATURE_SLOT};
use super::reader::UnverifiedArchive;

impl UnverifiedArchive {
    /// Returns the index, which is what signatures are over.
    #[must_use]
    pub fn index(&self) -> &[u8] {
        &self.index
    }

    /// Returns name and content of every slot for a signature, in order.
    #[must_use]
    pub fn slots(&self) -> &[(String, Vec<u8>)] {
        &self.slots
    }

    /// Writes the slots that differ from what is there, and waits until they are on the disk. Nothing else of the file moves.
    ///
    /// # Errors
    /// When a content has another size than a slot, when the file is not the one that was read, or cannot be written.
    pub fn write_slots(&self, contents: &[Vec<u8>]) -> Result<(), ArchiveError> {
        let layout = Layout::new(self.index.len() as u64, &[]);
        let changed = layout.slots().iter().zip(&self.slots).zip(contents);
        let changed = changed.filter(|((_, (_, old)), new)| old != *new).map(|((slot, _), new)| (slot, new));
        let changed: Vec<_> = changed.collect();
        if let Some((slot, content)) =
            changed.iter().find(|(_, content)| content.len() as u64 != SIGNATURE_SLOT)
        {
            let (what, found) = (format!("`{}`", slot.name), content.len() as u64);
            return Err(ArchiveError::TooLarge { what, found, limit: SIGNATURE_SLOT });
        }
        if changed.is_empty() { Ok(()) } else { self.write(&changed) }
    }

    fn write(&self, slots: &[(&Member, &Vec<u8>)]) -> Result<(), ArchiveError> {
        let path = &self.raw.path;
        let failed = |source| ArchiveError::Io { verb: "write", path: path.clone(), source };
        let file = File::options().write(true).open(path).map_err(failed)?;
        let identity = |file: &File| file.metadata().map(|found| (found.dev(), found.ino(), found.len()));
        if identity(&file).map_err(failed)? != identity(&self.raw.file).map_err(failed)? {
            return Err(ArchiveError::Replaced { path: path.clone() });
        }
        for (slot, content) in slots {
            file.write_all_at(content, slot.content()).map_err(failed)?;
        }
        file.sync_all().map_err(failed)
    }
}
