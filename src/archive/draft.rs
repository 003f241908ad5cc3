//! Files that are being written: they grow as `NAME.partial`, and get their names when everything is on the disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::ArchiveError;
use super::format::MAX_PARTS;
use super::parts::{Parts, part_path};

/// The files of a bundle before they have their names. They are removed when it is dropped.
#[derive(Debug)]
pub(super) struct Draft {
    output: PathBuf,
    /// The names that the files get.
    names: Vec<PathBuf>,
    finished: bool,
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
        let names = match split {
            Some(_) => (1..=parts).map(|number| part_path(output, number)).collect(),
            None => vec![output.to_owned()],
        };
        // What was made goes away again where the next one cannot be made.
        let draft = Self { output: output.to_owned(), names, finished: false };
        let files = (0..).zip(&draft.names).map(|(number, name)| {
            let path = partial(name);
            let made = make(&path, size.min(length - number * size));
            made.map_err(|source| ArchiveError::Io { verb: "write", path: path.clone(), source })
                .map(|file| (path, file))
        });
        let files = files.collect::<Result<_, _>>()?;
        Ok((draft, Parts::new(files, size, length)))
    }

    /// Returns the names that the files get, in order.
    pub(super) fn names(&self) -> &[PathBuf] {
        &self.names
    }

    /// Gives the files their names. Parts that could not get theirs stay under `NAME.partial`, as the older ones are gone by then. While parts of two bundles are there, there is no first one, so no reader takes them for one bundle.
    ///
    /// # Errors
    /// When a file cannot be renamed, or an older part that is in the way cannot be removed.
    pub(super) fn publish(&mut self) -> io::Result<()> {
        let (first, others) = self.names.split_first().ok_or(io::ErrorKind::NotFound)?;
        if *first != self.output {
            // From here on the older parts are no bundle any more: what was written stays, whatever happens.
            self.finished = true;
            for number in [1].into_iter().chain(self.names.len() as u64 + 1..=MAX_PARTS) {
                remove(&part_path(&self.output, number))?;
            }
        }
        for name in others.iter().chain([first]) {
            fs::rename(partial(name), name)?;
        }
        self.finished = true;
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done about a file that cannot be removed; it does not have the final name.
            self.names.iter().for_each(|name| drop(fs::remove_file(partial(name))));
        }
    }
}

fn partial(name: &Path) -> PathBuf {
    let mut partial = name.as_os_str().to_owned();
    partial.push(".partial");
    PathBuf::from(partial)
}

fn make(path: &Path, length: u64) -> io::Result<File> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    file.set_len(length)?;
    Ok(file)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
