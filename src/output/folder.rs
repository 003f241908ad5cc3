//! A folder that several files are written into.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::draft::Draft;
use super::error::OutputError;
use super::kind::special;
use super::unfinished::Made;

/// A folder that is being filled. What was made for it is removed when it is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    made: Made,
}

impl Folder {
    /// Looks at a path for a folder: one that exists, or a new name. Returns whether it has no entries yet.
    ///
    /// # Errors
    /// When something else is there, or the folder cannot be read.
    pub fn look(path: &Path) -> Result<bool, OutputError> {
        let failed = |source| OutputError::Io { path: path.to_owned(), source };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(fs::read_dir(path).map_err(failed)?.next().is_none()),
            Ok(found) => {
                let kind = special(found.file_type()).unwrap_or("a file");
                Err(OutputError::NotFolder { path: path.to_owned(), kind })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(failed(error)),
        }
    }

    /// Makes a missing folder, and the missing ones above it.
    ///
    /// # Errors
    /// When something else is there, or it cannot be made.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        Self::look(path)?;
        let mut folder = Self { path: path.to_owned(), made: Made::default() };
        folder.make_all(path)?;
        Ok(folder)
    }

    /// Writes a file of the folder that must not be there yet; folders between are made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, name: &str, bytes: &[u8], mode: u32) -> Result<PathBuf, OutputError> {
        let path = self.path.join(name);
        self.make_all(path.parent().unwrap_or(Path::new("")))?;
        let failed = |source| OutputError::Io { path: path.clone(), source };
        let open = || File::options().write(true).create_new(true).mode(mode).open(&path);
        let mut file = self.made.make(&path, open).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        Ok(path)
    }

    /// Puts finished files of the folder at their places; none of them may be there.
    ///
    /// # Errors
    /// When one is, or cannot be written; then none stays.
    pub fn publish(mut self, drafts: Vec<Draft>) -> Result<(), OutputError> {
        for draft in drafts {
            let path = draft.path().to_owned();
            draft.publish_new()?;
            let kept: io::Result<()> = self.made.make(&path, || Ok(()));
            kept.map_err(|source| OutputError::Io { path, source })?;
        }
        self.finish()
    }

    /// Lets everything stay.
    ///
    /// # Errors
    /// When the folder's entries cannot be written.
    pub fn finish(self) -> Result<(), OutputError> {
        let failed = |source| OutputError::Io { path: self.path.clone(), source };
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(failed)?;
        self.made.keep();
        Ok(())
    }

    fn make_all(&mut self, path: &Path) -> Result<(), OutputError> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        self.make_all(path.parent().unwrap_or(Path::new("")))?;
        let failed = |source| OutputError::Io { path: path.to_owned(), source };
        self.made.make(path, || fs::create_dir(path)).map_err(failed)
    }
}
