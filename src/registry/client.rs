//! The client side of the OCI distribution protocol.
//!
//! Tokens come from `oci-client`. The calls themselves are made here and in `repository`, because that
//! crate takes bodies of any size, panics where a `Location` is missing, and takes a legal answer to a mount for an error.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;

use super::answer::{bounded, refused};
use super::auth::Credentials;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::repository::Repository;
use crate::reference::ImageRef;
use crate::spec::Registries;

const CONNECT_SECONDS: u64 = 10;
const SILENCE_SECONDS: u64 = 60;

/// A client for any number of registries.
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) http: reqwest::Client,
    registries: Registries,
    pub(super) credentials: Credentials,
}

impl Client {
    /// Makes a client that asks upstream's hosts where `registries` says.
    ///
    /// # Errors
    /// When the machine's TLS set-up cannot be used.
    pub fn new(registries: Registries) -> Result<Self, RegistryError> {
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("bundle/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
                .read_timeout(Duration::from_secs(SILENCE_SECONDS))
        };
        // A machine without a store of certificate authorities can still talk to plain registries.
        let http = builder().build().or_else(|_| builder().tls_certs_only([]).build());
        let unusable = |source| RegistryError::Unreachable {
            what: "TLS".to_owned(),
            url: "this machine".to_owned(),
            source,
        };
        let inner = Inner { http: http.map_err(unusable)?, registries, credentials: Credentials::default() };
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
        let path =
            if endpoint.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", endpoint.prefix) };
        Repository { client: self.clone(), endpoint, path, name: name.to_owned() }
    }

    /// Asks a registry whether it is there at all.
    ///
    /// # Errors
    /// When it does not answer as a registry does.
    pub async fn ping(&self, endpoint: &Endpoint) -> Result<(), RegistryError> {
        let url = format!("{}/v2/", endpoint.base());
        let what = format!("registry `{}`", endpoint.host);
        let answer = self.inner.http.get(&url).send().await;
        let answer = answer.map_err(|source| RegistryError::Unreachable {
            what: what.clone(),
            url: url.clone(),
            source: source.without_url(),
        })?;
        match answer.status() {
            StatusCode::OK | StatusCode::UNAUTHORIZED => Ok(()),
            _ => Err(refused(answer, &what, "200").await),
        }
    }

    /// Downloads a file of at most `limit` bytes.
    ///
    /// # Errors
    /// When it is not there, too large, or breaks off.
    pub async fn file(&self, url: &str, limit: u64) -> Result<Bytes, RegistryError> {
        let what = format!("file `{url}`");
        let answer = self.inner.http.get(url).send().await;
        let answer = answer.map_err(|source| RegistryError::Unreachable {
            what: what.clone(),
            url: url.to_owned(),
            source: source.without_url(),
        })?;
        match answer.status() {
            StatusCode::OK => bounded(answer, &what, limit).await,
            _ => Err(refused(answer, &what, "200").await),
        }
    }
}
