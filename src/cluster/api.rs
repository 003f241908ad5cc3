//! The requests that are made to the API server, and its answers as they came: status, warnings, body.

use std::time::Duration;

use http::{Method, Request, header};
use kube::{Client, client::Body};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::connect::of_credentials;
use super::error::ClusterError;
use super::object::{ObjectId, list, text};

mod watch;

pub(super) use watch::Change;

/// The one name under which this tool owns fields.
pub const FIELD_MANAGER: &str = "bundle";

/// The name in the API server's audit log.
const USER_AGENT: &str = concat!("bundle/", env!("CARGO_PKG_VERSION"));

/// Longer than the 34 s that the API server gives itself for a write with slow webhooks.
const LONGEST_ANSWER: Duration = Duration::from_secs(60);
const PAGE: usize = 100;

/// An API server, as it is asked by everything in this module.
#[derive(Clone)]
pub(super) struct Api {
    client: Client,
    server: String,
}

/// What the API server answered.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The texts of its `Warning` headers.
    pub(super) warnings: Vec<String>,
    /// The JSON that it sent, or its text when it was none.
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the server's own words.
    pub(super) fn message(&self) -> String {
        match (&self.body, text(&self.body, "/message")) {
            (Value::String(plain), _) => plain.trim().to_owned(),
            (_, message) => message.to_owned(),
        }
    }

    /// Tells whether the resource is not served at all, unlike an object that does not exist.
    pub(super) fn is_not_served(&self) -> bool {
        self.status == 404 && !self.body.is_object()
    }
}

impl Api {
    pub(super) fn new(client: Client, server: String) -> Self {
        Self { client, server }
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Asks for what lies at a path; `None` when nothing does.
    pub(super) async fn get(&self, path: &str) -> Result<Option<Value>, ClusterError> {
        let answer = self.send(Method::GET, path, None).await?;
        match answer.status {
            404 => Ok(None),
            _ => expect_success(answer, "GET", path).map(Some),
        }
    }

    /// Sends an object in server-side apply, unknown fields refused.
    pub(super) async fn apply(
        &self,
        id: &ObjectId,
        object: &Value,
        force: bool,
    ) -> Result<Answer, ClusterError> {
        self.send(Method::PATCH, &apply_path(id, force), Some((APPLY_PATCH, object))).await
    }

    /// Asks what applying an object would make of it: everything judges it, nothing keeps it.
    pub(super) async fn apply_dry_run(
        &self,
        id: &ObjectId,
        object: &Value,
        force: bool,
    ) -> Result<Answer, ClusterError> {
        let path = format!("{}&dryRun=All", apply_path(id, force));
        self.send(Method::PATCH, &path, Some((APPLY_PATCH, object))).await
    }

    /// Creates an object as a dry run: everything judges it, nothing keeps it.
    pub(super) async fn create_dry_run(&self, id: &ObjectId, object: &Value) -> Result<Answer, ClusterError> {
        let path = format!("{}?dryRun=All&fieldManager={FIELD_MANAGER}", id.collection_path());
        self.send(Method::POST, &path, Some(("application/json", object))).await
    }

    /// Creates an object in a collection.
    pub(super) async fn create(&self, collection: &str, object: &Value) -> Result<Answer, ClusterError> {
        let path = format!("{collection}?fieldManager={FIELD_MANAGER}");
        self.send(Method::POST, &path, Some(("application/json", object))).await
    }

    /// Puts an object into the place of the one with the same `resourceVersion`, and of no other.
    pub(super) async fn replace(&self, id: &ObjectId, object: &Value) -> Result<Answer, ClusterError> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", id.path());
        self.send(Method::PUT, &path, Some(("application/json", object))).await
    }

    /// Deletes an object if it is still exactly what was read.
    pub(super) async fn delete_as_read(&self, id: &ObjectId, read: &Value) -> Result<Answer, ClusterError> {
        let [uid, version] =
            ["/metadata/uid", "/metadata/resourceVersion"].map(|pointer| text(read, pointer));
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": { "uid": uid, "resourceVersion": version },
        });
        self.send(Method::DELETE, &id.path(), Some(("application/json", &options))).await
    }

    /// Deletes an object if it is still the one with this uid; what depends on it goes first where `foreground` says so.
    pub(super) async fn delete(
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
    pub(super) async fn find<T>(
        &self,
        path: &str,
        found: impl FnMut(&Value) -> Option<T>,
    ) -> Result<Option<T>, ClusterError> {
        self.find_in_pages(&format!("{path}?limit={PAGE}"), METADATA_ONLY, found).await
    }

    /// Reads the objects that a label selector and a field selector select, page by page, until `found` returns something.
    pub(super) async fn find_selected<T>(
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

    /// Asks for what lies at a path in another form; `None` when nothing does, or nothing that can be listed.
    pub(super) async fn get_as(&self, path: &str, accept: &str) -> Result<Option<Value>, ClusterError> {
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

    fn unreachable(&self, error: kube::Error) -> ClusterError {
        // The credentials may have to be renewed at any request.
        of_credentials(&error, None).unwrap_or_else(|| ClusterError::Unreachable {
            server: self.server.clone(),
            source: Box::new(error),
        })
    }
}

const APPLY_PATCH: &str = "application/apply-patch+yaml";

fn apply_path(id: &ObjectId, force: bool) -> String {
    format!("{}?fieldManager={FIELD_MANAGER}&force={force}&fieldValidation=Strict", id.path())
}

const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

fn request(
    method: Method,
    path: &str,
    body: Option<(&str, &Value)>,
    accept: &str,
) -> Result<Request<Body>, kube::Error> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, accept)
        .header(header::USER_AGENT, USER_AGENT);
    let mut bytes = Vec::new();
    if let Some((content_type, object)) = body {
        request = request.header(header::CONTENT_TYPE, content_type);
        bytes = object.to_string().into_bytes();
    }
    request.body(Body::from(bytes)).map_err(kube::Error::HttpError)
}

fn expect_success(answer: Answer, method: &str, path: &str) -> Result<Value, ClusterError> {
    if answer.is_success() {
        return Ok(answer.body);
    }
    let path = path.split('?').next().unwrap_or(path);
    let (status, message) = (answer.status, answer.message());
    Err(ClusterError::Unexpected { request: format!("{method} {path}"), status, message })
}

/// Returns the quoted texts of a `Warning` header: `299 - "text"`.
/// See: <https://www.rfc-editor.org/rfc/rfc7234#section-5.5>
fn warning_texts(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut characters = header.chars();
    while characters.by_ref().any(|character| character == '"') {
        let mut text = String::new();
        while let Some(character) = characters.next() {
            match character {
                '"' => break,
                '\\' => text.extend(characters.next()),
                other => text.push(other),
            }
        }
        texts.push(text);
    }
    texts
}

/// Encodes what the API server hands out as the place to go on from.
fn percent_encode(token: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    token
        .bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_read_from_their_quotes() {
        for (header, texts) in [
            (
                r#"299 - "[block-latest-tag] Container <a> uses :latest tag""#,
                vec!["[block-latest-tag] Container <a> uses :latest tag"],
            ),
            (r#"299 - "a \"quoted\" \\ word""#, vec![r#"a "quoted" \ word"#]),
            (
                r#"299 - "one", 299 host "two" "Sun, 22 Nov 2026 00:00:00 GMT""#,
                vec!["one", "two", "Sun, 22 Nov 2026 00:00:00 GMT"],
            ),
            ("299 - none", vec![]),
        ] {
            assert_eq!(warning_texts(header), texts, "{header}");
        }
    }

    #[test]
    fn continue_tokens_survive_the_query() {
        assert_eq!(percent_encode("eyJ2IjoibWV0YS5rOHMuaW8+/="), "eyJ2IjoibWV0YS5rOHMuaW8%2B%2F%3D");
    }
}
