//! Why an output cannot be written.

use std::path::PathBuf;

/// An output is refused, or cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something is there that a file must not replace.
    #[error("cannot write `{}`: it is {kind}, expected a regular file or a new name", path.display())]
    Special {
        /// What was named.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// Something is there that is no folder.
    #[error("cannot write into `{}`: it is {kind}, expected a folder or a new name", path.display())]
    NotFolder {
        /// What was named.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// The folder of the output does not exist.
    #[error("cannot write `{}`: the folder `{}` does not exist", path.display(), folder.display())]
    NoFolder {
        /// What was named.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// The output is a file that the same command reads.
    #[error("cannot write `{}`: this command reads the same file as `{}`", path.display(), input.display())]
    Input {
        /// What was named.
        path: PathBuf,
        /// The input.
        input: PathBuf,
    },
    /// There is a file already, and it must stay.
    #[error("cannot write `{}`: the file exists, and is never overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("failed to write `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl OutputError {
    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Special { kind: "a folder", .. } => Some("name a file in it, or another one".to_owned()),
            Self::Special { .. } => {
                Some("name a regular file or a new one: nothing was read or written yet".to_owned())
            }
            Self::NotFolder { .. } => Some("name a folder, or one that does not exist yet".to_owned()),
            Self::NoFolder { folder, .. } => {
                Some(format!("make it with `mkdir -p {}`, or name another folder", folder.display()))
            }
            Self::Input { .. } => Some("name another file for the output".to_owned()),
            Self::Exists { .. } => Some("name another file, or move this one away".to_owned()),
            Self::Io { .. } => None,
        }
    }
}
