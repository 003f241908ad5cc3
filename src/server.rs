//! A registry that runs inside this program: `bundle serve` is one, and tests use the same.
//!
//! It answers the pull side of the OCI distribution protocol from any [`BlobSource`](crate::store::BlobSource); with a memory
//! of its own it also takes pushes. It hashes blobs while it sends them and withholds the last piece of one that does not match.
//!
//! Rooms, lowest first: `content` and `reply`, `registry`, `answer`, `connection`.

mod answer;
mod connection;
mod content;
mod registry;
mod reply;

pub use connection::listen::{Limits, Listening};
pub use connection::passwords::{InvalidPasswords, Passwords};
pub use connection::running::Running;
pub use connection::tls::{Tls, TlsError};
pub use content::catalog::{Catalog, Stored};
pub use content::memory::Memory;
pub use registry::Registry;

#[cfg(test)]
mod tests;
