//! A client of the OCI distribution protocol, for any registry.
//!
//! Everything a registry answers is hostile until its digest was compared: bodies are bounded, and "absent" is reported only for a
//! 404.
//!
//! Rooms, lowest first: `error`, `place`, `secret` and `endpoint`; `transport` and `auth`; `client`; `push`.

mod auth;
mod client;
mod endpoint;
mod error;
mod place;
pub mod push;
mod secret;
mod transport;

pub use auth::stored::LoginFiles;
pub use client::Client;
pub use client::access::Access;
pub use client::repository::Repository;
pub use client::retry::Patience;
pub use endpoint::Endpoint;
pub use error::RegistryError;
pub use place::Place;
pub use transport::proxy::Proxies;

#[cfg(test)]
mod tests;
