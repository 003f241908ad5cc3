//! One repository of a registry: its manifests, blobs and referrers, both ways.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};

use super::answer::{bounded, broken_off, expect_digest, header, refused};
use super::auth::Credential;
use super::client::{Client, Inner};
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::manifest::Manifest;
use super::oci::{self, Descriptor};
use crate::digest::{Digest, Hasher};

/// One repository of one registry.
#[derive(Clone)]
pub struct Repository {
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) path: String,
    pub(super) name: String,
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
        let what = self.what(reference);
        let url = self.url(&format!("manifests/{reference}"));
        let accept = [oci::INDEX, oci::MANIFEST, oci::DOCKER_INDEX, oci::DOCKER_MANIFEST].join(", ");
        let answer =
            self.send(Method::GET, &url, false, &what, |request| request.header("accept", &accept)).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(refused(answer, &what, "200").await),
        }
        let stated = header(&answer, CONTENT_TYPE.as_str())
            .map(|text| text.split(';').next().unwrap_or_default().trim().to_owned());
        let bytes = bounded(answer, &what, oci::MAX_MANIFEST_BYTES).await?;
        if reference.contains(':') {
            expect_digest(&what, reference, Digest::of(&bytes))?;
        }
        let parsed = Manifest::parse(bytes, stated.as_deref());
        parsed.map(Some).map_err(|reason| RegistryError::Malformed { what, reason })
    }

    /// Fetches a small blob into memory.
    ///
    /// # Errors
    /// When it is not there, or does not have the promised size and digest.
    pub async fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Bytes, RegistryError> {
        let what = self.what(&descriptor.digest.to_string());
        if descriptor.size > limit {
            return Err(RegistryError::TooLarge { what, limit });
        }
        let answer = self.get_blob(&descriptor.digest).await?;
        let bytes = bounded(answer, &what, descriptor.size).await?;
        expect_digest(&what, &descriptor.digest.to_string(), Digest::of(&bytes))?;
        Ok(bytes)
    }

    /// Streams a blob, piece by piece with the offset of each, and compares size and digest at the end.
    ///
    /// # Errors
    /// When it is not there, cannot be taken, or does not have the promised size and digest.
    pub async fn stream_blob(
        &self,
        digest: &Digest,
        size: u64,
        mut take: impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), RegistryError> {
        let what = self.what(&digest.to_string());
        let answer = self.get_blob(digest).await?;
        let url = answer.url().to_string();
        let (mut hasher, mut offset) = (Hasher::default(), 0u64);
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|source| broken_off(&what, &url, offset, source))?;
            let end = offset + piece.len() as u64;
            if end > size {
                return Err(RegistryError::Size { what, expected: size, found: end });
            }
            hasher.update(&piece);
            take(offset, &piece).map_err(|source| RegistryError::Local { what: what.clone(), source })?;
            offset = end;
        }
        if offset != size {
            return Err(RegistryError::Size { what, expected: size, found: offset });
        }
        expect_digest(&what, &digest.to_string(), hasher.finish())
    }

    async fn get_blob(&self, digest: &Digest) -> Result<Response, RegistryError> {
        let what = self.what(&digest.to_string());
        let answer = self
            .send(Method::GET, &self.url(&format!("blobs/{digest}")), false, &what, |request| request)
            .await?;
        match answer.status() {
            StatusCode::OK => Ok(answer),
            _ => Err(refused(answer, &what, "200").await),
        }
    }

    /// Lists what refers to a digest, as the registry's referrers API says. `None`: it has no such API (404).
    ///
    /// # Errors
    /// Any other answer.
    pub async fn referrers(&self, digest: &Digest) -> Result<Option<Vec<Descriptor>>, RegistryError> {
        let what = format!("referrers of {}", self.what(&digest.to_string()));
        let url = self.url(&format!("referrers/{digest}"));
        let answer = self
            .send(Method::GET, &url, false, &what, |request| request.header("accept", oci::INDEX))
            .await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(refused(answer, &what, "200").await),
        }
        let bytes = bounded(answer, &what, oci::MAX_MANIFEST_BYTES).await?;
        let malformed = |reason| RegistryError::Malformed { what: what.clone(), reason };
        let index = Manifest::parse(bytes, Some(oci::INDEX)).map_err(malformed)?;
        Ok(Some(index.document.manifests.unwrap_or_default()))
    }

    /// Returns whether the repository has a blob.
    ///
    /// # Errors
    /// Any answer but yes and no.
    pub async fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        self.has(&format!("blobs/{digest}"), &digest.to_string()).await
    }

    /// Returns the digest that a tag or digest names here, if it names one.
    ///
    /// # Errors
    /// Any answer but yes and no, or a digest that is none.
    pub async fn resolve(&self, reference: &str) -> Result<Option<Digest>, RegistryError> {
        let what = self.what(reference);
        let accept = [oci::INDEX, oci::MANIFEST, oci::DOCKER_INDEX, oci::DOCKER_MANIFEST].join(", ");
        let url = self.url(&format!("manifests/{reference}"));
        let answer =
            self.send(Method::HEAD, &url, false, &what, |request| request.header("accept", &accept)).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(refused(answer, &what, "200 or 404").await),
        }
        match header(&answer, "docker-content-digest") {
            Some(text) => text.parse().map(Some).map_err(|error| RegistryError::digest(&what, &error)),
            None => Ok(self.manifest(reference).await?.map(|manifest| manifest.descriptor.digest)),
        }
    }

    async fn has(&self, path: &str, reference: &str) -> Result<bool, RegistryError> {
        let what = self.what(reference);
        let answer = self.send(Method::HEAD, &self.url(path), false, &what, |request| request).await?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(refused(answer, &what, "200 or 404").await),
        }
    }

    /// Takes a blob over from another repository of the same registry. `false`: the registry would not.
    ///
    /// # Errors
    /// When the registry answers neither 201 nor 202.
    pub async fn mount(&self, digest: &Digest, from: &str) -> Result<bool, RegistryError> {
        let what = self.what(&digest.to_string());
        let url = self.url("blobs/uploads/");
        let query = [("mount", digest.to_string()), ("from", from.to_owned())];
        let answer = self
            .send(Method::POST, &url, true, &what, |request| request.query(&query).header(CONTENT_LENGTH, 0))
            .await?;
        match answer.status() {
            StatusCode::CREATED => Ok(true),
            // An upload was opened instead of a mount; it is left to expire.
            StatusCode::ACCEPTED => Ok(false),
            _ => Err(refused(answer, &what, "201 or 202").await),
        }
    }

    /// Uploads a blob in one piece.
    ///
    /// # Errors
    /// When the registry does not take it; it compares the digest itself.
    pub async fn upload<S>(
        &self,
        digest: &Digest,
        size: u64,
        body: impl Fn() -> S,
    ) -> Result<(), RegistryError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    {
        let what = self.what(&digest.to_string());
        let url = self.url("blobs/uploads/");
        let opened =
            self.send(Method::POST, &url, true, &what, |request| request.header(CONTENT_LENGTH, 0)).await?;
        if opened.status() != StatusCode::ACCEPTED {
            return Err(refused(opened, &what, "202").await);
        }
        let target = self.location(&opened, &what)?;
        let target = with_digest(target, digest);
        let answer = self
            .send(Method::PUT, target.as_str(), true, &what, |request| {
                let request =
                    request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_LENGTH, size);
                request.body(reqwest::Body::wrap_stream(body()))
            })
            .await?;
        match answer.status() {
            StatusCode::CREATED => Ok(()),
            _ => Err(refused(answer, &what, "201").await),
        }
    }

    fn location(&self, answer: &Response, what: &str) -> Result<Url, RegistryError> {
        let malformed = |reason: String| RegistryError::Malformed { what: what.to_owned(), reason };
        let text = header(answer, LOCATION.as_str())
            .ok_or_else(|| malformed("the registry opened an upload without saying where".to_owned()))?;
        answer.url().join(&text).map_err(|error| malformed(format!("upload address `{text}`: {error}")))
    }

    /// Uploads a manifest under a tag or digest. Returns whether the registry keeps referrers by itself.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub async fn put_manifest(
        &self,
        reference: &str,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<bool, RegistryError> {
        let what = self.what(reference);
        let url = self.url(&format!("manifests/{reference}"));
        let answer = self
            .send(Method::PUT, &url, true, &what, |request| {
                request.header(CONTENT_TYPE, media_type).body(bytes.clone())
            })
            .await?;
        match answer.status() {
            // See: OCI distribution-spec, "Pushing Manifests with Subject"
            StatusCode::CREATED => Ok(header(&answer, "oci-subject").is_some()),
            _ => Err(refused(answer, &what, "201").await),
        }
    }

    /// Returns the error of a manifest that has to be here and is not.
    #[must_use]
    pub fn not_found(&self, reference: &str) -> RegistryError {
        RegistryError::NotFound {
            what: self.what(reference),
            url: self.url(&format!("manifests/{reference}")),
        }
    }

    fn what(&self, reference: &str) -> String {
        let separator = if reference.contains(':') { '@' } else { ':' };
        format!("`{}{separator}{reference}`", self.name)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v2/{}/{path}", self.endpoint.base(), self.path)
    }

    /// Sends a request; where the registry asks for credentials, obtains them and sends it once more.
    async fn send(
        &self,
        method: Method,
        url: &str,
        push: bool,
        what: &str,
        prepare: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, RegistryError> {
        let Inner { http, credentials, .. } = &*self.client.inner;
        let own =
            Url::parse(url).is_ok_and(|url| url.as_str().starts_with(&format!("{}/", self.endpoint.base())));
        let known = if own { credentials.known(&self.endpoint, &self.path, push).await } else { None };
        let attempt = async |credential: Option<&Credential>| {
            let request = prepare(http.request(method.clone(), url));
            let request =
                credential.into_iter().fold(request, |request, credential| credential.apply(request));
            request.send().await.map_err(|source| RegistryError::Unreachable {
                what: what.to_owned(),
                url: url.to_owned(),
                source: source.without_url(),
            })
        };
        let answer = attempt(known.as_ref()).await?;
        if answer.status() != StatusCode::UNAUTHORIZED || known.is_some() || !own {
            return Ok(answer);
        }
        match credentials.obtain(&self.endpoint, &self.path, push, what).await? {
            Some(credential) => attempt(Some(&credential)).await,
            None => Ok(answer),
        }
    }
}

fn with_digest(mut url: Url, digest: &Digest) -> Url {
    url.query_pairs_mut().append_pair("digest", &digest.to_string());
    url
}
