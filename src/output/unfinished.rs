//! What is to be removed unless a command comes to its end.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempPath;

/// Everything unfinished of this process, in the order in which it was made.
static ALL: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn all() -> MutexGuard<'static, Vec<PathBuf>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forget(all: &mut Vec<PathBuf>, path: &Path) {
    all.retain(|one| one != path);
}

/// A file that has no name of its own yet. It is removed when it is dropped.
#[derive(Debug)]
pub(super) struct Unfinished(Option<TempPath>);

impl Unfinished {
    pub(super) fn file(make: impl FnOnce() -> io::Result<(File, TempPath)>) -> io::Result<(File, Self)> {
        let mut all = all();
        let (file, path) = make()?;
        all.push(path.to_path_buf());
        Ok((file, Self(Some(path))))
    }

    /// Takes the place of a file.
    pub(super) fn replace(self, to: &Path) -> io::Result<()> {
        self.end(|path| path.persist(to).map_err(Into::into))
    }

    /// Takes the place of a file, or stays under this name.
    pub(super) fn replace_or_keep(self, to: &Path) -> io::Result<()> {
        self.end(|path| {
            let failed = match path.persist(to) {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            // Why it has no name says more than that it cannot be kept.
            let _ = failed.path.keep();
            Err(failed.error)
        })
    }

    /// Takes the name if it is free.
    pub(super) fn add(self, to: &Path) -> io::Result<()> {
        self.end(|path| path.persist_noclobber(to).map_err(Into::into))
    }

    /// Stays under this name.
    pub(super) fn keep(self) -> io::Result<()> {
        self.end(|path| path.keep().map(drop).map_err(Into::into))
    }

    fn end(mut self, end: impl FnOnce(TempPath) -> io::Result<()>) -> io::Result<()> {
        let mut all = all();
        let Some(path) = self.0.take() else { return Ok(()) };
        forget(&mut all, &path);
        end(path) // it is removed where that fails
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let mut all = all();
            forget(&mut all, &path);
            drop(path);
        }
    }
}

/// Files and folders that have their names, and go away together unless they are kept.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<PathBuf>);

impl Made {
    /// Makes something, and remembers it.
    pub(super) fn make<T>(&mut self, path: &Path, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let mut all = all();
        let made = make()?;
        all.push(path.to_owned());
        self.0.push(path.to_owned());
        Ok(made)
    }

    /// Lets everything stay.
    pub(super) fn keep(mut self) {
        let mut all = all();
        self.0.drain(..).for_each(|path| forget(&mut all, &path));
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let mut all = all();
        for path in self.0.drain(..).rev() {
            forget(&mut all, &path);
            remove(&path);
        }
    }
}

/// Nothing more can be done about what cannot be removed. A folder in which something else is now stays.
fn remove(path: &Path) {
    let folder = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let _ = if folder { fs::remove_dir(path) } else { fs::remove_file(path) };
}

/// Removes everything unfinished, and lets nothing more be made: for a process that ends now, by a signal.
pub fn discard_all() {
    let mut all = all();
    all.drain(..).rev().for_each(|path| remove(&path));
    std::mem::forget(all);
}
