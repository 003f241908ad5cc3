//! Files that people write: read with a limit.

use std::fs;
use std::path::Path;

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
