//! The slots for signatures: read before anything is trusted, and the only part of a bundle that is ever written again.

use super::error::ArchiveError;
use super::format::{Layout, Member, SIGNATURE_SLOT};
use super::unverified::UnverifiedArchive;

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

    /// Writes the slots that differ from the file's, and waits until they are on the disk. Nothing else of the file moves.
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
            let (expected, found) = (SIGNATURE_SLOT, content.len());
            let reason = format!("expected {expected} bytes for a slot, found {found}");
            return Err(ArchiveError::malformed(&format!("`{}`", slot.name), reason));
        }
        if changed.is_empty() { Ok(()) } else { self.write(&changed) }
    }

    fn write(&self, slots: &[(&Member, &Vec<u8>)]) -> Result<(), ArchiveError> {
        let parts = self.raw.writable()?;
        let failed = |source| ArchiveError::Io { verb: "write", path: parts.path().to_owned(), source };
        for (slot, content) in slots {
            parts.write_all_at(content, slot.content()).map_err(failed)?;
        }
        parts.sync_all().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    fn slot(letter: u8) -> Vec<u8> {
        vec![letter; usize::try_from(SIGNATURE_SLOT).unwrap()]
    }

    #[test]
    fn only_the_slots_that_differ_are_written() {
        let fixture = Fixture::new();
        let path = fixture.write();
        let before = std::fs::read(&path).unwrap();
        let archive = UnverifiedArchive::open(&path).unwrap();
        archive.write_slots(&[slot(b' '), slot(b'2'), slot(b' '), slot(b'4')]).unwrap();
        let mut expected = before.clone();
        let layout = Layout::new(archive.index().len() as u64, &[]);
        for (member, letter) in [(&layout.slots()[1], b'2'), (&layout.slots()[3], b'4')] {
            let start = usize::try_from(member.content()).unwrap();
            expected[start..start + slot(letter).len()].fill(letter);
        }
        assert!(std::fs::read(&path).unwrap() == expected);
        let again = UnverifiedArchive::open(&path).unwrap();
        assert_eq!(again.slots()[3], ("bundle.4.sigstore.json".to_owned(), slot(b'4')));
        again.write_slots(&[slot(b' '), slot(b' '), slot(b' '), slot(b' ')]).unwrap();
        assert!(std::fs::read(&path).unwrap() == before);
    }

    #[test]
    fn a_content_of_another_size_and_another_file_are_refused() {
        let fixture = Fixture::new();
        let path = fixture.write();
        let before = std::fs::read(&path).unwrap();
        let archive = UnverifiedArchive::open(&path).unwrap();
        let short = archive.write_slots(&[slot(b'1'), b"short".to_vec()]).unwrap_err();
        assert_eq!(short.to_string(), "`bundle.2.sigstore.json`: expected 16384 bytes for a slot, found 5");
        let copy = path.with_extension("copy");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::rename(&copy, &path).unwrap();
        let replaced = archive.write_slots(&[slot(b'1')]).unwrap_err();
        assert_eq!(
            replaced.to_string(),
            format!("`{}` is another file than the one that was read", path.display())
        );
        assert!(!replaced.is_refusal());
        assert!(std::fs::read(&path).unwrap() == before, "nothing is written");
    }
}
