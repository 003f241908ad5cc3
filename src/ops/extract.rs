//! `bundle extract`: single things out of a bundle.
//!
//! The names of what is written are made from what was asked for, never from what the bundle says.

mod found;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::OpsError;
use crate::archive::{Archive, ArchiveError};
use found::{Found, What, find};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[must_use]
pub struct ExtractReport {
    /// The files, in the order in which they were asked for.
    pub written: Vec<Extracted>,
}

/// One file that was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Extracted {
    /// What was asked for.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// What the artifact calls it, if it is a part of one; not a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Writes files, images and artifacts of a bundle into a folder. Nothing is written over.
///
/// # Errors
/// When a name is not in the bundle, a file is there already, or something is altered.
pub fn extract(archive: &Archive, names: &[String], folder: &Path) -> Result<ExtractReport, OpsError> {
    let mut found = Vec::new();
    for name in names {
        found.extend(find(archive, name)?);
    }
    refuse_collisions(&found, folder)?;
    fs::create_dir_all(folder).map_err(|source| unwritten(folder, source))?;
    let written = found.into_iter().map(|found| write(archive, found, folder));
    Ok(ExtractReport { written: written.collect::<Result<_, _>>()? })
}

fn refuse_collisions(found: &[Found<'_>], folder: &Path) -> Result<(), OpsError> {
    for (place, one) in found.iter().enumerate() {
        if let Some(other) = found[..place].iter().find(|other| other.file == one.file) {
            let message =
                format!("`{}` and `{}` would both be written as `{}`", other.name, one.name, one.file);
            return Err(OpsError::Usage {
                message,
                hint: "extract them one at a time, into different folders".to_owned(),
            });
        }
        refuse_existing(&folder.join(&one.file))?;
    }
    Ok(())
}

fn refuse_existing(path: &Path) -> Result<(), OpsError> {
    // A link that leads nowhere is there, too.
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    let message = format!("`{}` already exists, and existing files are never overwritten", path.display());
    Err(OpsError::Usage { message, hint: "move it, or name another folder with -o".to_owned() })
}

fn unwritten(path: &Path, source: io::Error) -> OpsError {
    OpsError::Io { verb: "write", path: path.to_owned(), source }
}

/// Writes beside the place and renames, so that what has the name is whole and verified.
fn write(archive: &Archive, found: Found<'_>, folder: &Path) -> Result<Extracted, OpsError> {
    let (path, beside) = (folder.join(&found.file), folder.join(format!(".{}.partial", found.file)));
    let file = File::create_new(&beside).map_err(|source| unwritten(&beside, source))?;
    let written = fill(archive, &found.what, file, &beside).and_then(|bytes| {
        refuse_existing(&path)?;
        fs::rename(&beside, &path).map_err(|source| unwritten(&path, source)).map(|()| bytes)
    });
    if written.is_err() {
        // It was made above; that it cannot be removed is less than why it has to be.
        let _ = fs::remove_file(&beside);
    }
    Ok(Extracted { name: found.name, path, bytes: written?, title: found.title })
}

fn fill(archive: &Archive, what: &What<'_>, mut file: File, path: &Path) -> Result<u64, OpsError> {
    let mut bytes = 0;
    let failed = |source| ArchiveError::Io { verb: "write", path: path.to_owned(), source };
    let mut take = |piece: &[u8]| {
        bytes += piece.len() as u64;
        file.write_all(piece).map_err(failed)
    };
    match what {
        What::File(content) => take(content)?,
        What::Image(entry) => archive.image_to(entry, &mut take)?,
        What::Blob(digest) => archive.blob_to(digest, &mut take)?,
    }
    file.sync_all().map_err(failed)?;
    Ok(bytes)
}
