//! `bundle extract`: single things out of a bundle.
//!
//! The names of what is written are made from what was asked for, never from what the bundle says.

mod found;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::error::OpsError;
use crate::archive::{Archive, ArchiveError};
use crate::output::{Draft, Folder, Mode, Place};
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

/// Writes files, images and artifacts of a bundle into a folder: all of them, or none. Nothing is written over.
///
/// # Errors
/// When a name is not in the bundle, a file is there already, or something is altered.
pub fn extract(archive: &Archive, names: &[String], folder: &Path) -> Result<ExtractReport, OpsError> {
    let mut found = Vec::new();
    for name in names {
        found.extend(find(archive, name)?);
    }
    refuse_collisions(&found, folder)?;
    let place = Folder::create(folder)?;
    let (mut drafts, mut written) = (Vec::new(), Vec::new());
    for found in found {
        let path = folder.join(&found.file);
        let mut draft = Draft::create(&Place::file(&path)?, Mode::Kept)?;
        let bytes = fill(archive, &found.what, &mut draft)?;
        drafts.push(draft);
        written.push(Extracted { name: found.name, path, bytes, title: found.title });
    }
    place.publish(drafts)?;
    Ok(ExtractReport { written })
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

/// Writes the content of a file, and returns its size.
fn fill(archive: &Archive, what: &What<'_>, draft: &mut Draft) -> Result<u64, OpsError> {
    let mut bytes = 0;
    let path = draft.path().to_owned();
    let mut take = |piece: &[u8]| {
        bytes += piece.len() as u64;
        let failed = |source| ArchiveError::Io { verb: "write", path: path.clone(), source };
        draft.file().write_all(piece).map_err(failed)
    };
    match what {
        What::File(content) => take(content)?,
        What::Image(entry) => archive.image_to(entry, &mut take)?,
        What::Blob(digest) => archive.blob_to(digest, &mut take)?,
    }
    Ok(bytes)
}
