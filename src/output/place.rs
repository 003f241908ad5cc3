//! Where an output goes: what the path names is looked at first.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::error::OutputError;
use super::kind::special;

/// How many links in a row are followed.
// See: path_resolution(7)
const MAX_LINKS: usize = 40;

/// A place for a file: a regular file, or a new name in a folder that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file itself, whatever links lead to it.
    path: PathBuf,
}

impl Place {
    /// Looks at a path for a file. A link stands for its target.
    ///
    /// # Errors
    /// When it is neither a regular file nor a new name in a folder that exists.
    pub fn file(named: &Path) -> Result<Self, OutputError> {
        let failed = |source| OutputError::Io { path: named.to_owned(), source };
        let path = match fs::metadata(named) {
            Ok(found) => {
                if let Some(kind) = special(found.file_type()) {
                    return Err(OutputError::Special { path: named.to_owned(), kind });
                }
                fs::canonicalize(named).map_err(failed)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => target(named).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        };
        let folder = folder_of(&path);
        let is_folder = named.as_os_str().as_bytes().ends_with(b"/") || path.file_name().is_none();
        let missing = if is_folder { named } else { folder };
        if is_folder || !folder.is_dir() {
            return Err(OutputError::NoFolder { path: named.to_owned(), folder: missing.to_owned() });
        }
        Ok(Self { path })
    }

    /// Looks at a path for a file. A folder stands for the file of this name in it.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub fn file_or_in_folder(named: &Path, name: &str) -> Result<Self, OutputError> {
        Self::file(&within(named, name))
    }

    /// Looks at a path for a file in parts, whose names begin with it, so that a link is not followed. A folder stands for the file of
    /// this name in it.
    ///
    /// # Errors
    /// As [`Self::file`], also for each name that a part could have.
    pub fn parts(
        named: &Path,
        name: &str,
        parts: impl Iterator<Item = u64>,
        part: impl Fn(&Path, u64) -> PathBuf,
    ) -> Result<Self, OutputError> {
        let path = within(named, name);
        Self::file(&path)?;
        for part in parts.map(|number| part(&path, number)) {
            let found = fs::symlink_metadata(&part).ok().map(|found| found.file_type());
            let link = found.filter(fs::FileType::is_symlink).map(|_| "a symbolic link");
            if let Some(kind) = link.or_else(|| found.and_then(special)) {
                return Err(OutputError::Special { path: part, kind });
            }
        }
        Ok(Self { path })
    }

    /// Refuses a place at which one of these files is.
    ///
    /// # Errors
    /// When one is there, under whatever name.
    pub fn unless_one_of<'a>(self, inputs: impl IntoIterator<Item = &'a Path>) -> Result<Self, OutputError> {
        let identity = |found: Metadata| (found.dev(), found.ino());
        let Ok(own) = fs::metadata(&self.path).map(identity) else { return Ok(self) };
        let same = |input: &&Path| fs::metadata(input).is_ok_and(|found| identity(found) == own);
        match inputs.into_iter().find(same) {
            Some(input) => Err(OutputError::Input { path: self.path, input: input.to_owned() }),
            None => Ok(self),
        }
    }

    /// Tries that the folder takes a new file.
    ///
    /// # Errors
    /// When it does not.
    pub fn writable(self) -> Result<Self, OutputError> {
        match tempfile::tempfile_in(self.folder()) {
            Ok(_) => Ok(self),
            Err(source) => Err(OutputError::Io { path: self.path, source }),
        }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the folder that the file is in.
    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }
}

/// Refuses a path at which there is something; a link that leads nowhere counts.
///
/// # Errors
/// When there is.
pub fn refuse_existing(path: &Path) -> Result<(), OutputError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(OutputError::Exists { path: path.to_owned() }),
        Err(_) => Ok(()),
    }
}

fn within(named: &Path, name: &str) -> PathBuf {
    if named.is_dir() { named.join(name) } else { named.to_owned() }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Follows links to the name of a file that does not exist yet.
fn target(named: &Path) -> io::Result<PathBuf> {
    let mut path = named.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = folder_of(&path).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links follow each other"))
}
