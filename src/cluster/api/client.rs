//! The client for the API server, with one field manager for everything that is written.

use std::time::Duration;

use http::{Method, Request, header};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::answer::{Answer, expect_success, warning_texts};
use super::credentials::of_credentials;
use super::error::ClusterError;
use super::request::{APPLY_PATCH, METADATA_ONLY, apply_path, percent_encode, request};
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::{list, text};
use crate::cluster::objects::labels::FIELD_MANAGER;

/// Longer than the 34 s that the API server gives itself for a write with slow webhooks.
pub(super) const LONGEST_ANSWER: Duration = Duration::from_secs(60);
const PAGE: usize = 100;

/// The client for one API server.
#[derive(Clone)]
pub(in crate::cluster) struct Api {
    pub(super) client: Client,
    pub(super) server: String,
}

impl Api {
    pub(in crate::cluster) fn new(client: Client, server: String) -> Self {
        Self { client, server }
    }

    pub(in crate::cluster) fn server(&self) -> &str {
        &self.server
    }

    /// Gets the object or list at a path; `None` if it does not exist.
    pub(in crate::cluster) async fn get(&self, path: &str) -> Result<Option<Value>, ClusterError> {
        let answer = self.send(Method::GET, path, None).await?;
        match answer.status {
            404 => Ok(None),
            _ => expect_success(answer, "GET", path).map(Some),
        }
    }

    /// Applies an object server-side; unknown fields are refused.
    pub(in crate::cluster) async fn apply(
        &self,
        id: &ObjectId,
        object: &Value,
        force: bool,
    ) -> Result<Answer, ClusterError> {
        self.send(Method::PATCH, &apply_path(id, force), Some((APPLY_PATCH, object))).await
    }

    /// Applies an object as a dry run: admission judges it, nothing is stored.
    pub(in crate::cluster) async fn apply_dry_run(
        &self,
        id: &ObjectId,
        object: &Value,
        force: bool,
    ) -> Result<Answer, ClusterError> {
        let path = format!("{}&dryRun=All", apply_path(id, force));
        self.send(Method::PATCH, &path, Some((APPLY_PATCH, object))).await
    }

    /// Creates an object as a dry run: admission judges it, nothing is stored.
    pub(in crate::cluster) async fn create_dry_run(
        &self,
        id: &ObjectId,
        object: &Value,
    ) -> Result<Answer, ClusterError> {
        let path = format!("{}?dryRun=All&fieldManager={FIELD_MANAGER}", id.collection_path());
        self.send(Method::POST, &path, Some(("application/json", object))).await
    }

    /// Creates an object in a collection.
    pub(in crate::cluster) async fn create(
        &self,
        collection: &str,
        object: &Value,
    ) -> Result<Answer, ClusterError> {
        let path = format!("{collection}?fieldManager={FIELD_MANAGER}");
        self.send(Method::POST, &path, Some(("application/json", object))).await
    }

    /// Replaces an object, if it still has the same `resourceVersion`.
    pub(in crate::cluster) async fn replace(
        &self,
        id: &ObjectId,
        object: &Value,
    ) -> Result<Answer, ClusterError> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", id.path());
        self.send(Method::PUT, &path, Some(("application/json", object))).await
    }

    /// Deletes an object if it is unchanged since it was read.
    pub(in crate::cluster) async fn delete_as_read(
        &self,
        id: &ObjectId,
        read: &Value,
    ) -> Result<Answer, ClusterError> {
        let [uid, version] =
            ["/metadata/uid", "/metadata/resourceVersion"].map(|pointer| text(read, pointer));
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": { "uid": uid, "resourceVersion": version },
        });
        self.send(Method::DELETE, &id.path(), Some(("application/json", &options))).await
    }

    /// Deletes an object if it still has this uid; with `foreground`, its dependents are deleted first.
    pub(in crate::cluster) async fn delete(
        &self,
        id: &ObjectId,
        uid: &str,
        foreground: bool,
    ) -> Result<Answer, ClusterError> {
        let policy = if foreground { "Foreground" } else { "Background" };
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "propagationPolicy": policy, "preconditions": { "uid": uid },
        });
        self.send(Method::DELETE, &id.path(), Some(("application/json", &options))).await
    }

    /// Reads the names and owners of a collection, page by page, until `found` returns something.
    pub(in crate::cluster) async fn find<T>(
        &self,
        path: &str,
        found: impl FnMut(&Value) -> Option<T>,
    ) -> Result<Option<T>, ClusterError> {
        self.find_in_pages(&format!("{path}?limit={PAGE}"), METADATA_ONLY, found).await
    }

    /// Reads the objects that a label selector and a field selector select, page by page, until `found` returns something.
    pub(in crate::cluster) async fn find_selected<T>(
        &self,
        path: &str,
        (labels, fields): (&str, &str),
        found: impl FnMut(&Value) -> Option<T>,
    ) -> Result<Option<T>, ClusterError> {
        let (labels, fields) = (percent_encode(labels), percent_encode(fields));
        let first = format!("{path}?limit={PAGE}&labelSelector={labels}&fieldSelector={fields}");
        self.find_in_pages(&first, "application/json", found).await
    }

    async fn find_in_pages<T>(
        &self,
        first: &str,
        accept: &str,
        mut found: impl FnMut(&Value) -> Option<T>,
    ) -> Result<Option<T>, ClusterError> {
        let mut path = first.to_owned();
        loop {
            let Some(page) = self.get_as(&path, accept).await? else { return Ok(None) };
            if let Some(hit) = list(&page, "/items").iter().find_map(&mut found) {
                return Ok(Some(hit));
            }
            match text(&page, "/metadata/continue") {
                "" => return Ok(None),
                next => path = format!("{first}&continue={}", percent_encode(next)),
            }
        }
    }

    /// Gets the object or list at a path in another representation; `None` if it does not exist or cannot be listed.
    pub(in crate::cluster) async fn get_as(
        &self,
        path: &str,
        accept: &str,
    ) -> Result<Option<Value>, ClusterError> {
        let answer = self.send_as(Method::GET, path, None, accept).await?;
        match answer.status {
            404 | 405 => Ok(None),
            _ => expect_success(answer, "GET", path).map(Some),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &Value)>,
    ) -> Result<Answer, ClusterError> {
        self.send_as(method, path, body, "application/json").await
    }

    async fn send_as(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &Value)>,
        accept: &str,
    ) -> Result<Answer, ClusterError> {
        let request = request(method, path, body, accept).map_err(|error| self.unreachable(error))?;
        match timeout(LONGEST_ANSWER, self.exchange(request)).await {
            Ok(answer) => answer.map_err(|error| self.unreachable(error)),
            Err(_) => Err(ClusterError::NoAnswer { server: self.server.clone(), waited: LONGEST_ANSWER }),
        }
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, kube::Error> {
        let response = self.client.send(request).await?;
        let status = response.status().as_u16();
        let headers = response.headers().get_all(header::WARNING);
        let warnings =
            headers.iter().filter_map(|value| value.to_str().ok()).flat_map(warning_texts).collect();
        let bytes = response.into_body().collect_bytes().await?;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Ok(Answer { status, warnings, body })
    }

    pub(super) fn unreachable(&self, error: kube::Error) -> ClusterError {
        // The credentials may have to be renewed at any request.
        of_credentials(&error, None).unwrap_or_else(|| ClusterError::Unreachable {
            server: self.server.clone(),
            source: Box::new(error),
        })
    }
}
