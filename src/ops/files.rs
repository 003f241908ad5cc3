//! Files that people write: read with a limit, and replaced in one step.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::OpsError;
use crate::spec::MAX_FILE_BYTES;

/// Reads a text file that a person wrote.
///
/// # Errors
/// When it cannot be read, is too large, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, OpsError> {
    let failed = |source| OpsError::Io { verb: "read", path: path.to_owned(), source };
    let bytes = read_bounded(path)?;
    String::from_utf8(bytes).map_err(|error| failed(std::io::Error::other(error.utf8_error())))
}

/// Reads a file of at most [`MAX_FILE_BYTES`].
pub(super) fn read_bounded(path: &Path) -> Result<Vec<u8>, OpsError> {
    let failed = |source| OpsError::Io { verb: "read", path: path.to_owned(), source };
    let found = fs::metadata(path).map_err(failed)?.len();
    if found > MAX_FILE_BYTES {
        return Err(OpsError::TooLarge { path: path.to_owned(), found, limit: MAX_FILE_BYTES });
    }
    fs::read(path).map_err(failed)
}

/// Writes a file beside its place and renames it, so that a reader sees the old one or the new one. The new one has the
/// old one's permissions.
///
/// # Errors
/// When it cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), OpsError> {
    use std::io::Write as _;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let write = || {
        let mut file = fs::File::create(&beside)?;
        if let Ok(old) = fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|source| OpsError::Io { verb: "write", path: path.to_owned(), source })
}
