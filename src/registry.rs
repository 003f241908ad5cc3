//! Talks the OCI distribution protocol: as a client to any registry, and as a registry of its own.
//!
//! Everything a registry answers is hostile until its digest was compared: bodies are bounded, and
//! "absent" is said only for a 404 that is one.

mod access;
mod answer;
mod auth;
mod certificates;
mod client;
mod clock;
mod download;
mod endpoint;
mod error;
mod exchange;
mod http_date;
mod listing;
mod manifest;
pub mod oci;
mod place;
mod proxy;
pub mod push;
mod repository;
mod retry;
mod secret;
pub mod server;
mod silence;
mod source;
mod transfer;
mod transport;
mod upload;

pub use access::Access;
pub use auth::LoginFiles;
pub use client::Client;
pub use endpoint::Endpoint;
pub use error::RegistryError;
pub use manifest::Manifest;
pub use place::Place;
pub use proxy::Proxies;
pub use repository::Repository;
pub use retry::Patience;

#[cfg(test)]
mod tests;
