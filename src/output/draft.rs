//! A file that is being written, beside its place.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::error::OutputError;
use super::place::Place;
use super::unfinished::Unfinished;

/// How many letters of a name are drawn.
const DRAWN: usize = 12;

/// Who may do what with a new file, before the process's mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As the file that it replaces; a new one can be read by every user.
    Kept,
    /// Its owner alone reads and writes it.
    Private,
    /// Its owner alone writes it.
    Public,
}

/// A file that is being written. It is removed when it is dropped.
#[derive(Debug)]
pub struct Draft {
    place: Place,
    file: File,
    unfinished: Unfinished,
}

impl Draft {
    /// Starts a file for a place.
    ///
    /// # Errors
    /// When its folder does not take it.
    pub fn create(place: &Place, mode: Mode) -> Result<Self, OutputError> {
        let name = place.path().file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.");
        let old = fs::metadata(place.path()).ok().filter(|_| mode == Mode::Kept);
        let bits = match (&old, mode) {
            (Some(old), _) => old.mode() & 0o777,
            (None, Mode::Kept) => 0o666,
            (None, Mode::Private) => 0o600,
            (None, Mode::Public) => 0o644,
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".partial").rand_bytes(DRAWN);
        builder.permissions(Permissions::from_mode(bits));
        let make = || {
            let (file, path) = builder.tempfile_in(place.folder())?.into_parts();
            if old.is_some() {
                file.set_permissions(Permissions::from_mode(bits))?; // the mask has had its say before
            }
            Ok((file, path))
        };
        let failed = |source| OutputError::Io { path: place.path().to_owned(), source };
        let (file, unfinished) = Unfinished::file(make).map_err(failed)?;
        Ok(Self { place: place.clone(), file, unfinished })
    }

    /// Returns the file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Returns where the file goes.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Writes all of the content.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(|source| self.failed(source))
    }

    /// Waits until the content is on the disk, and puts the file at its place, instead of the one that is there.
    ///
    /// # Errors
    /// When it cannot be written or renamed.
    pub fn publish(self) -> Result<(), OutputError> {
        let Self { place, file, unfinished } = self;
        let publish = || {
            file.sync_all()?;
            unfinished.replace(place.path())?;
            sync_folder(&place)
        };
        publish().map_err(|source| OutputError::Io { path: place.path().to_owned(), source })
    }

    /// As [`Self::publish`], but the file stays under the name that it has now when it cannot be renamed.
    ///
    /// # Errors
    /// When it cannot be written or renamed.
    pub fn publish_or_keep(self) -> Result<(), OutputError> {
        let Self { place, file, unfinished } = self;
        let publish = || {
            file.sync_all()?;
            unfinished.replace_or_keep(place.path())?;
            sync_folder(&place)
        };
        publish().map_err(|source| OutputError::Io { path: place.path().to_owned(), source })
    }

    /// As [`Self::publish`], but a file that is there stays.
    ///
    /// # Errors
    /// When there is one, or this one cannot be written or renamed.
    pub fn publish_new(self) -> Result<(), OutputError> {
        let Self { place, file, unfinished } = self;
        let publish = || {
            file.sync_all()?;
            unfinished.add(place.path())?;
            sync_folder(&place)
        };
        publish().map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => OutputError::Exists { path: place.path().to_owned() },
            _ => OutputError::Io { path: place.path().to_owned(), source },
        })
    }

    /// Leaves the file under the name that it has now.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn keep(self) -> Result<(), OutputError> {
        let Self { place, unfinished, .. } = self;
        unfinished.keep().map_err(|source| OutputError::Io { path: place.path().to_owned(), source })
    }

    fn failed(&self, source: io::Error) -> OutputError {
        OutputError::Io { path: self.path().to_owned(), source }
    }
}

fn sync_folder(place: &Place) -> io::Result<()> {
    File::open(place.folder())?.sync_all()
}

/// Writes a file whole: a reader sees the old one or the new one.
///
/// # Errors
/// When it cannot be written.
pub fn replace(place: &Place, bytes: &[u8]) -> Result<(), OutputError> {
    let mut draft = Draft::create(place, Mode::Kept)?;
    draft.write_all(bytes)?;
    draft.publish()
}
