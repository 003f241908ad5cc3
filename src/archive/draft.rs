//! Files that are being written: they grow beside their places, and get their names when everything is on the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::ArchiveError;
use super::format::MAX_PARTS;
use super::parts::{Parts, part_path};
use crate::output::{self, Mode, OutputError, Place};

/// Looks at where a bundle of this name is written, as one file or in parts.
///
/// # Errors
/// When something else than regular files and new names is there, or the folder does not exist.
pub fn output_place(named: &Path, name: &str, split: bool) -> Result<Place, OutputError> {
    if split {
        return Place::parts(named, name, 1..=MAX_PARTS, part_path);
    }
    Place::file_or_in_folder(named, name)
}

/// The files of a bundle before they have their names. They are removed when it is dropped.
#[derive(Debug)]
pub(super) struct Draft {
    output: PathBuf,
    /// The names that the files get.
    names: Vec<PathBuf>,
    files: Vec<output::Draft>,
}

impl Draft {
    /// Makes the files for a bundle of so many bytes: one, or parts of `split` bytes each.
    ///
    /// # Errors
    /// When they would be too many, or one cannot be made.
    pub(super) fn create(
        output: &Path,
        length: u64,
        split: Option<u64>,
    ) -> Result<(Self, Parts), ArchiveError> {
        let size = split.unwrap_or(length).max(1);
        let parts = length.div_ceil(size);
        if parts > MAX_PARTS {
            return Err(ArchiveError::TooManyParts { parts, least: length.div_ceil(MAX_PARTS) });
        }
        let names: Vec<_> = match split {
            Some(_) => (1..=parts).map(|number| part_path(output, number)).collect(),
            None => vec![output.to_owned()],
        };
        // What was made goes away again where the next one cannot be made.
        let mut files = Vec::new();
        let mut opened = Vec::new();
        for (number, name) in (0..).zip(&names) {
            let draft = output::Draft::create(&Place::file(name)?, Mode::Kept)?;
            let failed = |source| ArchiveError::Io { verb: "write", path: name.clone(), source };
            draft.file().set_len(size.min(length - number * size)).map_err(failed)?;
            opened.push((name.clone(), draft.file().try_clone().map_err(failed)?));
            files.push(draft);
        }
        Ok((Self { output: output.to_owned(), names, files }, Parts::new(opened, size, length)))
    }

    /// Returns the names that the files get, in order.
    pub(super) fn names(&self) -> &[PathBuf] {
        &self.names
    }

    /// Gives the files their names. Parts that could not get theirs stay under `.NAME.….partial`, as the older ones are gone by then. While parts of two bundles are there, there is no first one, so no reader takes them for one bundle.
    ///
    /// # Errors
    /// When a file cannot be renamed, or an older part that is in the way cannot be removed.
    pub(super) fn publish(&mut self) -> Result<(), ArchiveError> {
        let mut files = std::mem::take(&mut self.files);
        if self.names.first() == Some(&self.output) {
            return Ok(files.into_iter().try_for_each(output::Draft::publish)?);
        }
        // From here on the older parts are no bundle any more: what was written stays, whatever happens.
        let count = self.names.len() as u64;
        let removed = [1].into_iter().chain(count + 1..=MAX_PARTS);
        let removed = removed.map(|number| part_path(&self.output, number)).try_for_each(|path| {
            remove(&path).map_err(|source| ArchiveError::Io { verb: "write", path, source })
        });
        files.rotate_left(1); // the first part comes last
        let each = files.into_iter();
        each.fold(removed, |so_far, file| match so_far {
            Ok(()) => Ok(file.publish_or_keep()?),
            Err(error) => {
                // Why they could not be published says more than that one cannot be kept.
                let _ = file.keep();
                Err(error)
            }
        })
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
