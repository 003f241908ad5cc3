//! What a registry answers: taken within bounds, compared with what was asked for, and put into words where it is a refusal.

use std::time::Duration;

use bytes::Bytes;
use httpdate::parse_http_date;
use reqwest::header::{DATE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use tokio::time::timeout;

use crate::digest::Digest;
use crate::registry::error::RegistryError;
use crate::registry::place::Place;
use crate::registry::secret::Secrets;

const MAX_MESSAGE_BYTES: u64 = 64 * 1024;

/// An answer whose body was not read yet.
pub(crate) struct Answer {
    response: Response,
    silence: Duration,
    secrets: Secrets,
    proxy: Option<String>,
}

impl Answer {
    pub(crate) fn new(
        response: Response,
        silence: Duration,
        secrets: Secrets,
        proxy: Option<String>,
    ) -> Self {
        Self { response, silence, secrets, proxy }
    }

    /// Returns where it came from.
    fn place(&self) -> Place {
        Place::new(self.url(), self.proxy.clone())
    }

    /// Hides other secrets than those of the request's credential.
    pub(crate) fn hiding(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn url(&self) -> &Url {
        self.response.url()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        header(&self.response, name)
    }

    /// Returns every header of a name.
    pub(crate) fn headers(&self, name: &str) -> Vec<String> {
        let values = self.response.headers().get_all(name).iter();
        values.filter_map(|value| value.to_str().ok().map(str::to_owned)).collect()
    }

    /// Returns the body's next piece. `received` bytes came before it.
    pub(crate) async fn next(&mut self, what: &str, received: u64) -> Result<Option<Bytes>, RegistryError> {
        match timeout(self.silence, self.response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(source)) => Err(RegistryError::BrokenOff {
                what: what.to_owned(),
                place: self.place(),
                received,
                source: source.without_url(),
            }),
            Err(_) => Err(silent(what, self.place(), self.silence)),
        }
    }

    /// Returns a body of at most `limit` bytes.
    pub(crate) async fn bounded(mut self, what: &str, limit: u64) -> Result<Bytes, RegistryError> {
        let too_large = || RegistryError::TooLarge { what: what.to_owned(), limit };
        if self.response.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(piece) = self.next(what, bytes.len() as u64).await? {
            if (bytes.len() + piece.len()) as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.into())
    }

    /// Returns the error of an answer that is not the expected one.
    pub(crate) async fn refused(self, what: &str, expected: &'static str) -> RegistryError {
        let (status, place, what) = (self.status().as_u16(), self.place(), what.to_owned());
        if let Some(proxy) = place.answering_proxy().filter(|_| status == 407) {
            return RegistryError::Proxy { what, proxy: proxy.to_owned(), url: place.url, status };
        }
        match status {
            401 | 403 => RegistryError::Unauthorized { what, place, status },
            404 => RegistryError::NotFound { what, place },
            _ => {
                let retry_after = retry_after(&self.response);
                let message = self.message(&what).await;
                RegistryError::Status { what, place, expected, status, message, retry_after }
            }
        }
    }

    /// Returns what the registry said, on one line; empty, or beginning with `: `.
    pub(crate) async fn message(self, what: &str) -> String {
        let secrets = self.secrets.clone();
        let said = self.bounded(what, MAX_MESSAGE_BYTES).await.unwrap_or_default();
        message(&secrets.hide(&String::from_utf8_lossy(&said)))
    }
}

pub(crate) fn header(answer: &Response, name: &str) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(str::to_owned)
}

pub(crate) fn silent(what: &str, place: Place, limit: Duration) -> RegistryError {
    RegistryError::Silent { what: what.to_owned(), place, seconds: limit.as_secs() }
}

pub(crate) fn expect_digest(what: &str, expected: &str, found: Digest) -> Result<(), RegistryError> {
    if found.to_string() == expected {
        return Ok(());
    }
    Err(RegistryError::Digest {
        what: what.to_owned(),
        expected: expected.to_owned(),
        found: found.to_string(),
    })
}

/// Returns what a registry said about an error, on one line.
fn message(body: &str) -> String {
    let said = serde_json::from_str::<serde_json::Value>(body).ok();
    let first = said.as_ref().and_then(|value| value.pointer("/errors/0"));
    let text = match first {
        Some(error) => {
            ["code", "message"].iter().filter_map(|key| error[key].as_str()).collect::<Vec<_>>().join(" ")
        }
        None => body.to_owned(),
    };
    let line: String = text.chars().filter(|letter| !letter.is_control()).take(200).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}

/// Returns how long an answer asks to wait, as seconds or as a date that is compared with the answer's own.
// See: RFC 9110 section 10.2.3
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = header(answer, RETRY_AFTER.as_str())?;
    let date = header(answer, DATE.as_str());
    parse_retry_after(&text, date.as_deref())
}

fn parse_retry_after(text: &str, date: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = parse_http_date(text.trim()).ok()?;
    let now = parse_http_date(date?.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_until_a_date() {
        let date = "Sun, 22 Nov 2026 10:00:00 GMT";
        for (text, date, expected) in [
            ("7", None, Some(7)),
            (" 0 ", None, Some(0)),
            ("Sun, 22 Nov 2026 10:01:30 GMT", Some(date), Some(90)),
            ("Sun, 22 Nov 2026 09:00:00 GMT", Some(date), Some(0)),
            ("Sun, 22 Nov 2026 10:01:30 GMT", None, None),
            ("Sun, 22 Nov 2026 10:01:30 GMT", Some("yesterday"), None),
            ("soon", Some(date), None),
            ("-1", Some(date), None),
        ] {
            assert_eq!(parse_retry_after(text, date), expected.map(Duration::from_secs), "{text}");
        }
    }
}
