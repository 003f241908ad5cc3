//! One repository of a registry: its manifests, and whether it has something. Blobs and lists are in files of their own.

use std::sync::Arc;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, StatusCode, Url};

use super::answer::{Answer, expect_digest};
use super::exchange::{Ask, address};
use super::session::Session;
use super::silence::Activity;
use crate::digest::Digest;
use crate::oci::{self, Manifest};
use crate::registry::auth::Scope;
use crate::registry::endpoint::Endpoint;
use crate::registry::error::RegistryError;
use crate::registry::place::Place;

/// One repository of one registry.
#[derive(Clone)]
pub struct Repository {
    pub(crate) session: Arc<Session>,
    pub(crate) endpoint: Endpoint,
    pub(crate) path: String,
    pub(crate) name: String,
}

impl Repository {
    /// Returns what errors call this repository.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the repository's path at its registry.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns where it is asked.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Fetches a manifest or index by tag or digest. `None`: the registry says that it has none (404).
    ///
    /// # Errors
    /// Any other answer than the manifest or a 404, or content that does not match the digest.
    pub async fn manifest(&self, reference: &str) -> Result<Option<Manifest>, RegistryError> {
        self.session.attempts().until_answered(|| self.try_manifest(reference)).await
    }

    async fn try_manifest(&self, reference: &str) -> Result<Option<Manifest>, RegistryError> {
        let what = self.what(reference);
        let url = self.url(&format!("manifests/{reference}"), &what)?;
        let answer = self.read(Method::GET, url, &what, &accept_manifests).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(answer.refused(&what, "200").await),
        }
        let stated = content_type(&answer);
        let bytes = answer.bounded(&what, oci::MAX_MANIFEST_BYTES).await?;
        if reference.contains(':') {
            expect_digest(&what, reference, Digest::of(&bytes))?;
        }
        let parsed = Manifest::parse(bytes, stated.as_deref());
        parsed.map(Some).map_err(|reason| RegistryError::Malformed { what, reason })
    }

    /// Returns whether the repository has a blob.
    ///
    /// # Errors
    /// Any answer but yes and no.
    pub async fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        self.session.attempts().until_answered(|| self.try_has_blob(digest)).await
    }

    async fn try_has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let what = self.what(&digest.to_string());
        let url = self.url(&format!("blobs/{digest}"), &what)?;
        let answer = self.read(Method::HEAD, url, &what, &|request| request).await?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(answer.refused(&what, "200 or 404").await),
        }
    }

    /// Returns the digest that a tag or digest names here, if it names one.
    ///
    /// # Errors
    /// Any answer but yes and no, or an invalid digest.
    pub async fn resolve(&self, reference: &str) -> Result<Option<Digest>, RegistryError> {
        self.session.attempts().until_answered(|| self.try_resolve(reference)).await
    }

    async fn try_resolve(&self, reference: &str) -> Result<Option<Digest>, RegistryError> {
        let what = self.what(reference);
        let url = self.url(&format!("manifests/{reference}"), &what)?;
        let answer = self.read(Method::HEAD, url, &what, &accept_manifests).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(answer.refused(&what, "200 or 404").await),
        }
        match answer.header("docker-content-digest") {
            Some(text) => text.parse().map(Some).map_err(|error| RegistryError::digest(&what, &error)),
            None => Ok(self.try_manifest(reference).await?.map(|manifest| manifest.descriptor.digest)),
        }
    }

    /// Returns the error of a manifest that has to be here and is not.
    #[must_use]
    pub fn not_found(&self, reference: &str) -> RegistryError {
        let url = format!("{}/v2/{}/manifests/{reference}", self.endpoint.base(), self.path);
        RegistryError::NotFound { what: self.what(reference), place: Place { url, proxy: None } }
    }

    pub(crate) fn what(&self, reference: &str) -> String {
        let separator = if reference.contains(':') { '@' } else { ':' };
        format!("`{}{separator}{reference}`", self.name)
    }

    pub(crate) fn url(&self, path: &str, what: &str) -> Result<Url, RegistryError> {
        address(&format!("{}/v2/{}/{path}", self.endpoint.base(), self.path), what)
    }

    /// Asks without changing anything.
    pub(crate) async fn read(
        &self,
        method: Method,
        url: Url,
        what: &str,
        prepare: &(dyn Fn(RequestBuilder) -> RequestBuilder + Sync),
    ) -> Result<Answer, RegistryError> {
        let scope = Scope { repository: self.path.clone(), push: false, source: None };
        let silence = self.session.patience.silence;
        let login = Some((&self.endpoint, scope));
        let (home, activity) = (Some(&self.endpoint), Activity::default());
        let ask = Ask { what, method, url, login, home, prepare, activity, silence };
        self.session.exchange(&ask).await
    }
}

fn accept_manifests(request: RequestBuilder) -> RequestBuilder {
    let accept = [oci::INDEX, oci::MANIFEST, oci::DOCKER_INDEX, oci::DOCKER_MANIFEST].join(", ");
    request.header("accept", accept)
}

/// Returns the media type that an answer states, without parameters.
pub(crate) fn content_type(answer: &Answer) -> Option<String> {
    let text = answer.header(CONTENT_TYPE.as_str())?;
    Some(text.split(';').next().unwrap_or_default().trim().to_owned())
}
