//! The client side of the OCI distribution protocol.
//!
//! The calls are made here and in `repository`, and so are the tokens fetched: `oci-client` takes bodies of any size, panics where
//! a `Location` is missing, takes a legal answer to a mount for an error, and tells neither why a token was refused nor when it ends.

use std::sync::Arc;

use reqwest::{Method, RequestBuilder, StatusCode, Url};

use super::access::Access;
use super::answer::Answer;
use super::auth::Credentials;
use super::clock::Clock;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::exchange::Ask;
use super::repository::Repository;
use super::retry::{Attempts, Patience};
use super::silence::Activity;
use super::transport::Transport;
use crate::reference::ImageRef;
use crate::spec::Registries;

/// A client for any number of registries.
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) transport: Transport,
    registries: Registries,
    pub(super) credentials: Credentials,
    pub(super) patience: Patience,
    pub(super) clock: Clock,
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
        let inner = Inner {
            transport: Transport::new(&access)?,
            registries,
            credentials: Credentials::new(&access.logins),
            patience: access.patience,
            clock: Clock::system(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Returns the repository that an upstream reference names.
    #[must_use]
    pub fn upstream(&self, reference: &ImageRef) -> Repository {
        let endpoint = Endpoint::upstream(reference.registry(), &self.inner.registries);
        self.repository(endpoint, reference.repository(), &reference.name())
    }

    /// Returns a repository at an endpoint; `name` is what errors call it.
    #[must_use]
    pub fn repository(&self, endpoint: Endpoint, path: &str, name: &str) -> Repository {
        let path = endpoint.prefixed(path);
        Repository { client: self.clone(), endpoint, path, name: name.to_owned() }
    }

    pub(super) fn attempts(&self) -> Attempts<'_> {
        Attempts::new(&self.inner.patience, &self.inner.clock)
    }

    /// Asks a registry whether it is there at all.
    ///
    /// # Errors
    /// When it does not answer as a registry does.
    pub async fn ping(&self, endpoint: &Endpoint) -> Result<(), RegistryError> {
        let what = format!("registry `{}`", endpoint.host);
        let url = address(&format!("{}/v2/", endpoint.base()), &what)?;
        self.attempts().until_answered(|| self.try_ping(&url, &what)).await
    }

    async fn try_ping(&self, url: &Url, what: &str) -> Result<(), RegistryError> {
        let answer = self.get(url, what, &|request| request).await?;
        match answer.status() {
            StatusCode::OK | StatusCode::UNAUTHORIZED => Ok(()),
            _ => Err(answer.refused(what, "200").await),
        }
    }

    /// Asks where nobody logs in.
    pub(super) async fn get(
        &self,
        url: &Url,
        what: &str,
        prepare: &(dyn Fn(RequestBuilder) -> RequestBuilder + Sync),
    ) -> Result<Answer, RegistryError> {
        let ask = Ask {
            what,
            method: Method::GET,
            url: url.clone(),
            login: None,
            home: None,
            prepare,
            activity: Activity::default(),
            silence: self.inner.patience.silence,
        };
        self.follow(&ask, None).await
    }

    #[cfg(test)]
    pub(super) fn for_tests(registries: Registries, access: &Access, credentials: Credentials) -> Self {
        let inner = Inner {
            transport: Transport::new(access).expect("a transport"),
            registries,
            credentials,
            patience: access.patience,
            clock: Clock::Virtual(Arc::default()),
        };
        Self { inner: Arc::new(inner) }
    }
}

/// Reads an address; what is none is not repeated, as it may hold a password.
pub(super) fn address(text: &str, what: &str) -> Result<Url, RegistryError> {
    Url::parse(text).map_err(|error| RegistryError::Malformed {
        what: what.to_owned(),
        reason: format!("its address is none: {error}"),
    })
}
