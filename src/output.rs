//! Files that commands write: looked at before any work, whole or not there at all.
//!
//! A [`Place`] is what `-o` means once it was looked at: links are followed, and a device, a FIFO, a socket or a file that the same
//! command reads is refused. A [`Draft`] grows beside its place under a name that cannot be guessed (`O_EXCL`), and takes its place
//! when everything is on the disk. A [`Folder`] holds several files. What does not get that far is removed, after a signal too.

mod draft;
mod error;
mod folder;
mod kind;
mod place;
mod unfinished;

#[cfg(test)]
mod tests;

pub use draft::{Draft, Mode, replace};
pub use error::OutputError;
pub use folder::Folder;
pub use place::{Place, refuse_existing};
pub use unfinished::discard_all;
