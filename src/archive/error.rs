//! What can be wrong with a bundle file.

use std::path::PathBuf;

use super::format::MAX_PARTS;
use crate::digest::Digest;
use crate::output::OutputError;

/// A bundle could not be read or written, or is not what it says it is.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be read or written.
    #[error("failed to {verb} `{}`", path.display())]
    Io {
        /// What was tried: "read", "write".
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A member of the tar is not the one that has to stand there.
    #[error("not a bundle, or an altered one: expected member `{expected}` at byte {offset}")]
    Member {
        /// The member's name.
        expected: String,
        /// Where its header has to be, in bytes.
        offset: u64,
    },
    /// The file is shorter or longer than its contents.
    #[error(
        "the file has {found} bytes, its contents take {expected}: it is truncated or something was added"
    )]
    Length {
        /// The length that the contents add up to, in bytes.
        expected: u64,
        /// The length of the file, in bytes.
        found: u64,
    },
    /// A part of the file is not here.
    #[error("part `{}` is missing: the parts found hold only the first {found} bytes", path.display())]
    PartMissing {
        /// The part.
        path: PathBuf,
        /// The length of the parts that are here, in bytes.
        found: u64,
    },
    /// A part of the file is truncated, or something was added.
    #[error("part `{}` has {found} bytes, the first one {expected}: all have the same size, but for the last one, which may have less", path.display())]
    PartSize {
        /// The part.
        path: PathBuf,
        /// The size of the first part, in bytes.
        expected: u64,
        /// The size of the part, in bytes.
        found: u64,
    },
    /// The file is split into parts, and the path is not that of the first one.
    #[error("`{}` is not the first part of a split bundle", path.display())]
    NotFirst {
        /// What was named.
        path: PathBuf,
        /// The first part.
        first: PathBuf,
    },
    /// The file would have more parts than can be opened at once.
    #[error("{parts} parts are more than the limit of {MAX_PARTS}")]
    TooManyParts {
        /// How many parts there are or would be.
        parts: u64,
        /// The least size of a part that would do, in bytes; 0 where they are there already.
        least: u64,
    },
    /// Something is larger than anything of its kind may be.
    #[error("{what} has {found} bytes, more than the limit of {limit}")]
    TooLarge {
        /// What.
        what: String,
        /// Its size in bytes.
        found: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is not signed as it has to be.
    #[error(transparent)]
    Signatures(#[from] crate::trust::BundleRefusal),
    /// Between reading the file and writing to it, another one took its place.
    #[error("`{}` is another file than the one that was read", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// A document inside does not have the form of its kind.
    #[error("{what}: {reason}")]
    Malformed {
        /// Which document.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A blob does not match its digest.
    #[error("blob `{expected}` was altered: its bytes have the digest `{found}`")]
    Digest {
        /// The digest that the index names.
        expected: Digest,
        /// The digest of the bytes in the file.
        found: Digest,
    },
    /// A byte between the members is not zero.
    #[error("the padding at byte {offset} was altered")]
    Padding {
        /// Where the padding starts, in bytes.
        offset: u64,
    },
    /// The index leads to something that the file does not hold.
    #[error("`{digest}`, which {named_by} names, is not in the bundle")]
    Missing {
        /// What is missing.
        digest: Digest,
        /// What leads to it.
        named_by: String,
    },
    /// The file holds something that nothing leads to.
    #[error("the bundle holds `{digest}`, which nothing in it names")]
    Unnamed {
        /// What is too much.
        digest: Digest,
    },
}

impl ArchiveError {
    /// Returns whether the bundle itself was refused, rather than not read.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        let unread = matches!(self, Self::Io { .. } | Self::Output(_) | Self::Replaced { .. });
        !unread
            && !matches!(self, Self::NotFirst { .. } | Self::PartMissing { .. } | Self::TooManyParts { .. })
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Io { .. } => return None,
            Self::Output(error) => return error.hint(),
            Self::Signatures(refusal) => refusal.hint(),
            Self::Replaced { .. } => "run the command again; nothing was written",
            Self::NotFirst { first, .. } => {
                return Some(format!("name the first of them: `{}`", first.display()));
            }
            Self::PartMissing { .. } => "put every part into the same folder",
            Self::TooManyParts { least, .. } if *least > 0 => {
                return Some(format!("make them larger: `--split {least}` or more bytes"));
            }
            Self::Member { .. } => {
                "check that this is the file that `bundle build` wrote; if it is, copy it again and do not use this copy"
            }
            _ => "copy the file again and compare its sha256 with the sender's; do not use this copy",
        };
        Some(text.to_owned())
    }

    pub(super) fn malformed(what: &str, reason: impl ToString) -> Self {
        Self::Malformed { what: what.to_owned(), reason: reason.to_string() }
    }
}
