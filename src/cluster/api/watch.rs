//! Watches a collection: every change as it comes, one line of JSON each, of bounded length.
//!
//! A watch can end at any time, and reports nothing that happens afterwards: its user must read the objects again.
//! See: <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>

use std::pin::Pin;

use futures_util::stream::{self, BoxStream};
use futures_util::{AsyncBufRead, AsyncBufReadExt, StreamExt};
use http::Method;
use serde_json::Value;
use tokio::time::timeout;

use super::client::{Api, LONGEST_ANSWER};
use super::error::ClusterError;
use super::request::{METADATA_ONLY, percent_encode, request};
use crate::cluster::objects::json::text;

/// More than the largest object that the API server keeps: 1.5 MiB in etcd, a little more as JSON.
const LONGEST_LINE: usize = 4 << 20;

/// A change of an object in a watched collection.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cluster) enum Change {
    /// It is new or changed; its present state.
    Now(Value),
    /// It is deleted; its last state.
    Gone(Value),
}

impl Api {
    /// Watches a collection, or one object of it by its name, from now on.
    ///
    /// The stream has the changes after this has returned. It ends when the server ends the watch or has lost the place
    /// (410), and after `seconds` at the latest.
    pub(in crate::cluster) async fn watch(
        &self,
        collection: &str,
        name: Option<&str>,
        seconds: u64,
    ) -> Result<BoxStream<'static, Change>, ClusterError> {
        let name = name.map(|name| percent_encode(&format!("metadata.name={name}")));
        let fields = name.map(|name| format!("&fieldSelector={name}")).unwrap_or_default();
        // One name is enough: only the present version of the collection is needed.
        let newest = self.get_as(&format!("{collection}?limit=1{fields}"), METADATA_ONLY).await?;
        let version = newest.as_ref().map(|list| text(list, "/metadata/resourceVersion")).unwrap_or_default();
        let version = percent_encode(version);
        let path =
            format!("{collection}?watch=true&resourceVersion={version}&timeoutSeconds={seconds}{fields}");
        let lines = self.open(&path).await?;
        Ok(stream::unfold(lines, |mut lines| async { Some((next(&mut lines).await?, lines)) }).boxed())
    }

    async fn open(&self, path: &str) -> Result<Lines, ClusterError> {
        let request =
            request(Method::GET, path, None, "application/json").map_err(|error| self.unreachable(error))?;
        match timeout(LONGEST_ANSWER, self.client.request_stream(request.map(|_| Vec::new()))).await {
            Ok(Ok(lines)) => Ok(Box::pin(lines)),
            Ok(Err(kube::Error::Api(status))) => Err(ClusterError::Unexpected {
                request: format!("GET {} (watch)", path.split('?').next().unwrap_or(path)),
                status: status.code,
                message: status.message.clone(),
            }),
            Ok(Err(error)) => Err(self.unreachable(error)),
            Err(_) => Err(ClusterError::NoAnswer { server: self.server.clone(), waited: LONGEST_ANSWER }),
        }
    }
}

type Lines = Pin<Box<dyn AsyncBufRead + Send>>;

/// Returns the next change; `None` at the end.
async fn next(lines: &mut Lines) -> Option<Change> {
    loop {
        let mut event: Value = serde_json::from_slice(&line(lines).await?).ok()?;
        let object = event.get_mut("object").map(Value::take).unwrap_or_default();
        match text(&event, "/type") {
            "ADDED" | "MODIFIED" => return Some(Change::Now(object)),
            "DELETED" => return Some(Change::Gone(object)),
            "BOOKMARK" => {}
            _ => return None,
        }
    }
}

/// Reads one line; `None` at the end, and if a line is longer than any object.
async fn line(lines: &mut Lines) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let part = lines.fill_buf().await.ok()?;
        if part.is_empty() || line.len() + part.len() > LONGEST_LINE {
            return None;
        }
        let end = part.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&part[..end.unwrap_or(part.len())]);
        let used = end.map_or(part.len(), |end| end + 1);
        lines.consume_unpin(used);
        if end.is_some() {
            return Some(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::io::Cursor;
    use serde_json::json;

    async fn changes(text: String) -> Vec<Change> {
        let mut lines: Lines = Box::pin(Cursor::new(text));
        let mut changes = Vec::new();
        while let Some(change) = next(&mut lines).await {
            changes.push(change);
        }
        changes
    }

    #[tokio::test]
    async fn changes_come_line_by_line_until_the_place_is_lost() {
        let text = [
            r#"{"type":"ADDED","object":{"a":1}}"#,
            r#"{"type":"BOOKMARK","object":{"a":2}}"#,
            r#"{"type":"DELETED","object":{"a":3}}"#,
            r#"{"type":"ERROR","object":{"code":410}}"#,
            r#"{"type":"ADDED","object":{"a":4}}"#,
        ]
        .join("\n");
        let expected = [Change::Now(json!({"a": 1})), Change::Gone(json!({"a": 3}))];
        assert_eq!(changes(text).await, expected);
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_not_read_for_ever() {
        let text = format!("{{\"type\":\"ADDED\",\"object\":\"{}\"}}\n", "a".repeat(LONGEST_LINE));
        assert_eq!(changes(text).await, []);
        assert_eq!(changes("{\"type\":\"ADDED\"".into()).await, []);
    }
}
