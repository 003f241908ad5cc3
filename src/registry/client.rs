//! The client side of the OCI distribution protocol.
//!
//! The calls are made here and in `repository`, and so are the tokens fetched: `oci-client` takes bodies of any size, panics where
//! a `Location` is missing, takes a legal answer to a mount for an error, and tells neither why a token was refused nor when it ends.

pub(super) mod access;
pub(super) mod repository;
pub(super) mod retry;

mod answer;
mod clock;
mod download;
pub(super) mod exchange;
mod listing;
mod login;
mod session;
mod silence;
mod source;
mod transfer;
mod upload;

use std::sync::Arc;

use super::auth::Credentials;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::transport::Transport;
use crate::reference::ImageRef;
use crate::spec::Registries;
use access::Access;
use clock::Clock;
use repository::Repository;
use session::Session;

/// A client for any number of registries.
#[derive(Clone)]
pub struct Client {
    pub(super) session: Arc<Session>,
}

impl Client {
    /// Makes a client that asks upstream's hosts where `registries` says, directly.
    ///
    /// # Errors
    /// When a certificate or key that `registries` names cannot be used.
    pub fn new(registries: Registries) -> Result<Self, RegistryError> {
        Self::with_access(registries, &Access::default())
    }

    /// Makes a client that asks upstream's hosts where `registries` says, in the way that `access` says.
    ///
    /// # Errors
    /// When a certificate, a key or the address of a proxy cannot be used.
    pub fn with_access(registries: Registries, access: &Access) -> Result<Self, RegistryError> {
        let mirrors = registries.mirrors.values();
        let access = mirrors.fold(access.clone(), |access, mirror| {
            access.with_certificates(&Endpoint::new(&mirror.host, None, "").host, &mirror.certificates)
        });
        let session = Session {
            transport: Transport::new(&access.proxies, &access.certificates)?,
            registries,
            credentials: Credentials::new(&access.logins),
            patience: access.patience,
            clock: Clock::system(),
        };
        Ok(Self { session: Arc::new(session) })
    }

    /// Returns the repository that an upstream reference names.
    #[must_use]
    pub fn upstream(&self, reference: &ImageRef) -> Repository {
        let endpoint = Endpoint::upstream(reference.registry(), &self.session.registries);
        self.repository(endpoint, reference.repository(), &reference.name())
    }

    /// Returns a repository at an endpoint; `name` is what errors call it.
    #[must_use]
    pub fn repository(&self, endpoint: Endpoint, path: &str, name: &str) -> Repository {
        let path = endpoint.prefixed(path);
        Repository { session: self.session.clone(), endpoint, path, name: name.to_owned() }
    }

    #[cfg(test)]
    pub(super) fn for_tests(registries: Registries, access: &Access, credentials: Credentials) -> Self {
        let session = Session {
            transport: Transport::new(&access.proxies, &access.certificates).expect("a transport"),
            registries,
            credentials,
            patience: access.patience,
            clock: Clock::Virtual(Arc::default()),
        };
        Self { session: Arc::new(session) }
    }
}
