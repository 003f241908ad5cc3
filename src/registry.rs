//! Talks the OCI distribution protocol: as a client to any registry, and as a registry of its own.
//!
//! Everything a registry answers is hostile until its digest was compared: bodies are bounded, and
//! "absent" is said only for a 404 that is one.

mod auth;
mod client;
mod endpoint;
mod error;
pub mod oci;
pub mod push;
pub mod server;

pub use client::{Client, Manifest, Repository};
pub use endpoint::Endpoint;
pub use error::RegistryError;
