//! The client side of the OCI distribution protocol.
//!
//! References, tokens and credentials come from `oci-client`. The calls themselves are made here, because that
//! crate takes bodies of any size, panics where a `Location` is missing, and takes a legal answer to a mount for an error.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};

use super::auth::Credentials;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::oci::{self, Descriptor, Document};
use crate::digest::{Digest, Hasher};
use crate::reference::ImageRef;
use crate::spec::Registries;

const CONNECT_SECONDS: u64 = 10;
const SILENCE_SECONDS: u64 = 60;
const MAX_MESSAGE_BYTES: u64 = 64 * 1024;

/// A client for any number of registries.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    registries: Registries,
    credentials: Credentials,
}

/// One repository of one registry.
#[derive(Clone)]
pub struct Repository {
    client: Client,
    endpoint: Endpoint,
    path: String,
    name: String,
}

/// A manifest or index, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The bytes.
    pub bytes: Bytes,
    /// Their descriptor; the media type is the document's own where it names one.
    pub descriptor: Descriptor,
    /// What they say.
    pub document: Document,
}

impl Manifest {
    /// Reads a manifest or index from its bytes.
    ///
    /// # Errors
    /// The reason, when the bytes are not JSON of that shape, or when the media type is not known and not stated.
    pub fn parse(bytes: Bytes, stated: Option<&str>) -> Result<Self, String> {
        let document: Document =
            serde_json::from_slice(&bytes).map_err(|error| format!("not a manifest: {error}"))?;
        let media_type = document.media_type.as_deref().or(stated).unwrap_or_default();
        if document.manifests.is_some() != oci::is_index(media_type)
            || !(oci::is_index(media_type) || oci::is_manifest(media_type))
        {
            return Err(format!("media type `{media_type}` does not fit what it holds"));
        }
        Ok(Self { descriptor: Descriptor::of(media_type, &bytes), document, bytes })
    }
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
        let attempt = async |credential: Option<&super::auth::Credential>| {
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

fn header(answer: &Response, name: &str) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(str::to_owned)
}

fn expect_digest(what: &str, expected: &str, found: Digest) -> Result<(), RegistryError> {
    if found.to_string() == expected {
        return Ok(());
    }
    Err(RegistryError::Digest {
        what: what.to_owned(),
        expected: expected.to_owned(),
        found: found.to_string(),
    })
}

fn broken_off(what: &str, url: &str, received: u64, source: reqwest::Error) -> RegistryError {
    let source = source.without_url();
    RegistryError::BrokenOff { what: what.to_owned(), url: url.to_owned(), received, source }
}

async fn bounded(answer: Response, what: &str, limit: u64) -> Result<Bytes, RegistryError> {
    let too_large = || RegistryError::TooLarge { what: what.to_owned(), limit };
    if answer.content_length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let url = answer.url().to_string();
    let mut pieces = answer.bytes_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|source| broken_off(what, &url, bytes.len() as u64, source))?;
        if (bytes.len() + piece.len()) as u64 > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.into())
}

async fn refused(answer: Response, what: &str, expected: &'static str) -> RegistryError {
    // What an upload's address carries behind the `?` is the registry's own affair.
    let mut url = answer.url().clone();
    url.set_query(None);
    let (status, url, what) = (answer.status().as_u16(), url.to_string(), what.to_owned());
    match status {
        401 | 403 => RegistryError::Unauthorized { what, url, status },
        404 => RegistryError::NotFound { what, url },
        _ => {
            let said = bounded(answer, &what, MAX_MESSAGE_BYTES).await.unwrap_or_default();
            RegistryError::Status { what, url, expected, status, message: message(&said) }
        }
    }
}

/// Returns what a registry said about an error, on one line.
fn message(body: &[u8]) -> String {
    let said = serde_json::from_slice::<serde_json::Value>(body).ok();
    let first = said.as_ref().and_then(|value| value.pointer("/errors/0"));
    let text = match first {
        Some(error) => {
            ["code", "message"].iter().filter_map(|key| error[key].as_str()).collect::<Vec<_>>().join(" ")
        }
        None => String::from_utf8_lossy(body).into_owned(),
    };
    let line: String = text.chars().filter(|letter| !letter.is_control()).take(200).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}
