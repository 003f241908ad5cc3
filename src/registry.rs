//! Talks the OCI distribution protocol: as a client to any registry, and as a registry of its own.
//!
//! Everything a registry answers is hostile until its digest was compared: bodies are bounded, and
//! "absent" is said only for a 404 that is one.

mod answer;
mod auth;
mod client;
mod endpoint;
mod error;
mod manifest;
pub mod oci;
pub mod push;
mod repository;
pub mod server;

pub use client::Client;
pub use endpoint::Endpoint;
pub use error::RegistryError;
pub use manifest::Manifest;
pub use repository::Repository;
