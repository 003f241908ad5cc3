//! A bundle file in one piece, or in parts that follow each other: `NAME.tar.001`, `NAME.tar.002` and so on.
//!
//! Each part is a range of the file's bytes, and all but the last have the same size: `cat NAME.tar.*` is the file, every offset stays
//! arithmetic, and nothing is ever put together to be read. No part says anything of itself: what belongs where, the signed index tells.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::error::ArchiveError;
use super::format::MAX_PARTS;

/// The files that hold the bytes of a bundle.
#[derive(Debug)]
pub(super) struct Parts {
    files: Vec<(PathBuf, File)>,
    /// The size of every file but the last, in bytes.
    size: u64,
    length: u64,
}

/// Returns the name of a part: `b.tar`, 2 is `b.tar.002`.
pub(super) fn part_path(whole: &Path, number: u64) -> PathBuf {
    let mut name = whole.as_os_str().to_owned();
    name.push(format!(".{number:03}"));
    PathBuf::from(name)
}

/// Returns the name of the whole and the number of a part; `None` where a name is not a part's.
fn whole_of(path: &Path) -> Option<(PathBuf, u64)> {
    let digits = path.extension()?.to_str().filter(|end| end.len() == 3)?;
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    (number > 0).then(|| (path.with_extension(""), number))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let path = path.to_owned();
    move |source| ArchiveError::Io { verb: "read", path, source }
}

impl Parts {
    /// Takes files that hold so many bytes each, the last one what is left.
    pub(super) fn new(files: Vec<(PathBuf, File)>, size: u64, length: u64) -> Self {
        Self { files, size: size.max(1), length }
    }

    /// Opens a file, or the first of its parts with all that follow.
    ///
    /// # Errors
    /// When one cannot be read, is not of the size that it must have, or another one than the first is named.
    pub(super) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let first = match open_regular(path) {
            Err(ArchiveError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && part_path(path, 1).exists() =>
            {
                return Err(ArchiveError::NotFirst { path: path.to_owned(), first: part_path(path, 1) });
            }
            first => first?,
        };
        let mut files = vec![(path.to_owned(), first)];
        match whole_of(path) {
            None => {}
            Some((whole, 1)) => files.extend(following(&whole)?),
            Some((whole, _)) => {
                return Err(ArchiveError::NotFirst { path: path.to_owned(), first: part_path(&whole, 1) });
            }
        }
        let sizes =
            files.iter().map(|(path, file)| file.metadata().map_err(failed(path)).map(|data| data.len()));
        let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
        check_sizes(&files, &sizes)?;
        Ok(Self::new(files, sizes.first().copied().unwrap_or_default(), sizes.iter().sum()))
    }

    /// Opens the same files to be written, unless others took their places.
    ///
    /// # Errors
    /// When one cannot be opened, or is another file.
    pub(super) fn writable(&self) -> Result<Self, ArchiveError> {
        let reopen = |(path, file): &(PathBuf, File)| {
            let failed = |source| ArchiveError::Io { verb: "write", path: path.clone(), source };
            let again = OpenOptions::new().write(true).open(path).map_err(failed)?;
            let identity = |file: &File| file.metadata().map(|found| (found.dev(), found.ino(), found.len()));
            if identity(&again).map_err(failed)? != identity(file).map_err(failed)? {
                return Err(ArchiveError::Replaced { path: path.clone() });
            }
            Ok((path.clone(), again))
        };
        let files = self.files.iter().map(reopen).collect::<Result<_, _>>()?;
        Ok(Self::new(files, self.size, self.length))
    }

    /// Returns how many bytes there are in all.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Returns the file, or the first of the parts.
    pub(super) fn path(&self) -> &Path {
        self.files.first().map_or(Path::new(""), |(path, _)| path)
    }

    /// Returns what is wrong where so many bytes are expected: a part is not there, or the length is another.
    pub(super) fn wrong_length(&self, expected: u64) -> ArchiveError {
        let number = self.files.len() as u64 + 1;
        match whole_of(self.path()) {
            Some((whole, 1)) if expected > self.length && self.length == self.size * (number - 1) => {
                ArchiveError::PartMissing { path: part_path(&whole, number), found: self.length }
            }
            _ => ArchiveError::Length { expected, found: self.length },
        }
    }

    /// Says which file cannot be read any more, and what helps.
    pub(super) fn unreadable(&self, source: &io::Error) -> io::Error {
        let begin = |place: usize| self.size.saturating_mul(place as u64);
        let size = |place| self.length.saturating_sub(begin(place)).min(self.size);
        let shorter = |file: &File, size| file.metadata().is_ok_and(|found| found.len() < size);
        let files = self.files.iter().enumerate().map(|(place, (path, file))| (path, file, size(place)));
        let cut = files.into_iter().find(|(_, file, size)| shorter(file, *size));
        let (path, why) = cut.map_or((self.path(), source.to_string()), |(path, _, size)| {
            (path, format!("shorter than the {size} bytes that it had: copy it again, then restart"))
        });
        io::Error::new(source.kind(), format!("`{}`: {why}", path.display()))
    }

    pub(super) fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let (file, within, room) = self.place(offset)?;
            let (now, rest) = buffer.split_at_mut(buffer.len().min(room));
            file.read_exact_at(now, within)?;
            offset += now.len() as u64;
            buffer = rest;
        }
        Ok(())
    }

    pub(super) fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let (file, within, room) = self.place(offset)?;
            let (now, rest) = bytes.split_at(bytes.len().min(room));
            file.write_all_at(now, within)?;
            offset += now.len() as u64;
            bytes = rest;
        }
        Ok(())
    }

    /// Waits until the contents are on the disk.
    pub(super) fn sync_data(&self) -> io::Result<()> {
        self.files.iter().try_for_each(|(_, file)| file.sync_data())
    }

    /// Waits until everything is on the disk.
    pub(super) fn sync_all(&self) -> io::Result<()> {
        self.files.iter().try_for_each(|(_, file)| file.sync_all())
    }

    /// Returns the file that holds a byte, where in it, and how many bytes can follow there.
    fn place(&self, offset: u64) -> io::Result<(&File, u64, usize)> {
        let number = usize::try_from(offset / self.size).unwrap_or(usize::MAX);
        let (_, file) = self.files.get(number).ok_or(io::ErrorKind::UnexpectedEof)?;
        let within = offset % self.size;
        Ok((file, within, usize::try_from(self.size - within).unwrap_or(usize::MAX)))
    }
}

fn open_regular(path: &Path) -> Result<File, ArchiveError> {
    // Opening a named pipe would wait for who writes into it.
    if !fs::metadata(path).map_err(failed(path))?.is_file() {
        return Err(failed(path)(io::Error::other("not a regular file")));
    }
    let file = File::open(path).map_err(failed(path))?;
    if !file.metadata().map_err(failed(path))?.is_file() {
        return Err(failed(path)(io::Error::other("not a regular file")));
    }
    Ok(file)
}

/// Opens the second part and those after it, as many as follow each other.
fn following(whole: &Path) -> Result<Vec<(PathBuf, File)>, ArchiveError> {
    let mut files = Vec::new();
    for number in 2.. {
        let path = part_path(whole, number);
        match open_regular(&path) {
            Err(ArchiveError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => break,
            _ if number > MAX_PARTS => return Err(ArchiveError::TooManyParts { parts: number, least: 0 }),
            file => files.push((path, file?)),
        }
    }
    Ok(files)
}

/// Every part has the size of the first, and the last one at most.
fn check_sizes(files: &[(PathBuf, File)], sizes: &[u64]) -> Result<(), ArchiveError> {
    let (expected, last) = (sizes.first().copied().unwrap_or_default(), sizes.len() - 1);
    for (place, ((path, _), &found)) in files.iter().zip(sizes).enumerate() {
        let fits =
            if place == last { found <= expected && (found > 0 || place == 0) } else { found == expected };
        if !fits {
            return Err(ArchiveError::PartSize { path: path.clone(), expected, found });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
