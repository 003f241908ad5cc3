//! An answer of the API server: status, warnings, body.

use serde_json::Value;

use super::error::ClusterError;
use crate::cluster::objects::json::text;

/// An answer of the API server.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Answer {
    /// The HTTP status.
    pub(in crate::cluster) status: u16,
    /// The texts of its `Warning` headers.
    pub(in crate::cluster) warnings: Vec<String>,
    /// Its JSON; or its text, if it is not JSON.
    pub(in crate::cluster) body: Value,
}

impl Answer {
    pub(in crate::cluster) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the server's message.
    pub(in crate::cluster) fn message(&self) -> String {
        match (&self.body, text(&self.body, "/message")) {
            (Value::String(plain), _) => plain.trim().to_owned(),
            (_, message) => message.to_owned(),
        }
    }

    /// Tells whether the resource is not served at all, unlike a missing object.
    pub(in crate::cluster) fn is_not_served(&self) -> bool {
        self.status == 404 && !self.body.is_object()
    }
}

/// Returns the body of a successful answer.
pub(super) fn expect_success(answer: Answer, method: &str, path: &str) -> Result<Value, ClusterError> {
    if answer.is_success() {
        return Ok(answer.body);
    }
    let path = path.split('?').next().unwrap_or(path);
    let (status, message) = (answer.status, answer.message());
    Err(ClusterError::Unexpected { request: format!("{method} {path}"), status, message })
}

/// Returns the quoted texts of a `Warning` header: `299 - "text"`.
/// See: <https://www.rfc-editor.org/rfc/rfc7234#section-5.5>
pub(super) fn warning_texts(header: &str) -> Vec<String> {
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
}
