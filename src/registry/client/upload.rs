//! Blobs and manifests that go. An upload that broke off begins again; a registry compares the digest itself.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Method, RequestBuilder, StatusCode, Url};

use super::answer::Answer;
use super::exchange::{Ask, next_place};
use super::repository::Repository;
use super::silence::Activity;
use crate::digest::Digest;
use crate::registry::auth::Scope;
use crate::registry::error::RegistryError;

/// How much longer a registry may be silent after an upload: it may move the blob to its place first.
const COMMIT: u32 = 5;

/// A request that changes something.
struct Write<'a> {
    method: Method,
    url: Url,
    what: &'a str,
    source: Option<String>,
    activity: Activity,
    silence: Duration,
}

impl Repository {
    /// Takes a blob over from another repository of the same registry. `false`: the registry would not.
    ///
    /// # Errors
    /// When the registry answers neither 201 nor 202.
    pub async fn mount(&self, digest: &Digest, from: &str) -> Result<bool, RegistryError> {
        let from = self.endpoint.prefixed(from);
        self.session.attempts().until_answered(|| self.try_mount(digest, &from)).await
    }

    // See: OCI distribution-spec, "Mounting a blob from another repository"
    async fn try_mount(&self, digest: &Digest, from: &str) -> Result<bool, RegistryError> {
        let what = self.what(&digest.to_string());
        let mut url = self.url("blobs/uploads/", &what)?;
        url.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", from);
        let mut write = self.write(Method::POST, url, &what);
        write.source = Some(from.to_owned());
        let answer = self.send(write, &|request| request.header(CONTENT_LENGTH, 0)).await?;
        match answer.status() {
            StatusCode::CREATED => Ok(true),
            // An upload was opened instead of a mount; it is left to expire.
            StatusCode::ACCEPTED => Ok(false),
            _ => Err(answer.refused(&what, "201 or 202").await),
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
        body: impl Fn() -> S + Sync,
    ) -> Result<(), RegistryError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    {
        let mut attempts = self.session.attempts();
        loop {
            match self.try_upload(digest, size, &body).await {
                Err(error) => attempts.after(error).await?,
                Ok(()) => return Ok(()),
            }
        }
    }

    async fn try_upload<S>(
        &self,
        digest: &Digest,
        size: u64,
        body: &(impl Fn() -> S + Sync),
    ) -> Result<(), RegistryError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    {
        let what = self.what(&digest.to_string());
        let mut target = self.open_upload(&what).await?;
        target.query_pairs_mut().append_pair("digest", &digest.to_string());
        let mut write = self.write(Method::PUT, target, &what);
        write.silence *= COMMIT;
        let activity = write.activity.clone();
        let prepare = |request: RequestBuilder| {
            let activity = activity.clone();
            let body = body().inspect(move |_| activity.note());
            let request = request.header(CONTENT_TYPE, "application/octet-stream");
            request.header(CONTENT_LENGTH, size).body(reqwest::Body::wrap_stream(body))
        };
        let answer = self.send(write, &prepare).await?;
        match answer.status() {
            StatusCode::CREATED => Ok(()),
            _ => Err(answer.refused(&what, "201").await),
        }
    }

    /// Opens an upload and returns where it goes.
    async fn open_upload(&self, what: &str) -> Result<Url, RegistryError> {
        let write = self.write(Method::POST, self.url("blobs/uploads/", what)?, what);
        let opened = self.send(write, &|request| request.header(CONTENT_LENGTH, 0)).await?;
        if opened.status() != StatusCode::ACCEPTED {
            return Err(opened.refused(what, "202").await);
        }
        match opened.header(LOCATION.as_str()) {
            Some(text) => next_place(opened.url(), &text, what),
            None => {
                let reason = "the registry opened an upload without saying where: expected the header `Location` with its 202";
                Err(RegistryError::Malformed { what: what.to_owned(), reason: reason.to_owned() })
            }
        }
    }

    /// Shows that this repository takes uploads: opens one, and cancels it without sending anything.
    ///
    /// # Errors
    /// When the registry opens none. One that cannot be cancelled is no error: the registry lets it expire.
    pub async fn check_writable(&self) -> Result<(), RegistryError> {
        self.session.attempts().until_answered(|| self.try_writable()).await
    }

    // See: OCI distribution-spec, "POST then PUT"; docker-registry's API, "Canceling an Upload"
    async fn try_writable(&self) -> Result<(), RegistryError> {
        let what = format!("`{}`", self.name);
        let upload = self.open_upload(&what).await?;
        let _ = self.send(self.write(Method::DELETE, upload, &what), &|request| request).await;
        Ok(())
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
        self.session.attempts().until_answered(|| self.try_put_manifest(reference, media_type, &bytes)).await
    }

    async fn try_put_manifest(
        &self,
        reference: &str,
        media_type: &str,
        bytes: &Bytes,
    ) -> Result<bool, RegistryError> {
        let what = self.what(reference);
        let write = self.write(Method::PUT, self.url(&format!("manifests/{reference}"), &what)?, &what);
        let prepare = |request: RequestBuilder| request.header(CONTENT_TYPE, media_type).body(bytes.clone());
        let answer = self.send(write, &prepare).await?;
        match answer.status() {
            // See: OCI distribution-spec, "Pushing Manifests with Subject"
            StatusCode::CREATED => Ok(answer.header("oci-subject").is_some()),
            _ => Err(answer.refused(&what, "201").await),
        }
    }

    fn write<'a>(&self, method: Method, url: Url, what: &'a str) -> Write<'a> {
        let silence = self.session.patience.silence;
        Write { method, url, what, source: None, activity: Activity::default(), silence }
    }

    async fn send(
        &self,
        write: Write<'_>,
        prepare: &(dyn Fn(RequestBuilder) -> RequestBuilder + Sync),
    ) -> Result<Answer, RegistryError> {
        let Write { method, url, what, source, activity, silence } = write;
        let scope = Scope { repository: self.path.clone(), push: true, source };
        let login = Some((&self.endpoint, scope));
        let ask = Ask { what, method, url, login, home: Some(&self.endpoint), prepare, activity, silence };
        self.session.exchange(&ask).await
    }
}
