//! What a registry answers: taken within bounds, compared with what was asked for, and put into words where it is a refusal.

use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::Response;

use super::error::RegistryError;
use crate::digest::Digest;

const MAX_MESSAGE_BYTES: u64 = 64 * 1024;

pub(super) fn header(answer: &Response, name: &str) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(str::to_owned)
}

pub(super) fn expect_digest(what: &str, expected: &str, found: Digest) -> Result<(), RegistryError> {
    if found.to_string() == expected {
        return Ok(());
    }
    Err(RegistryError::Digest {
        what: what.to_owned(),
        expected: expected.to_owned(),
        found: found.to_string(),
    })
}

pub(super) fn broken_off(what: &str, url: &str, received: u64, source: reqwest::Error) -> RegistryError {
    let source = source.without_url();
    RegistryError::BrokenOff { what: what.to_owned(), url: url.to_owned(), received, source }
}

pub(super) async fn bounded(answer: Response, what: &str, limit: u64) -> Result<Bytes, RegistryError> {
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

pub(super) async fn refused(answer: Response, what: &str, expected: &'static str) -> RegistryError {
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
