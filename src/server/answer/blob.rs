//! Blobs: whole, in part, or not at all.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::asked_blob::AskedBlob;
use super::conditions::{Wanted, entity_tag, settled, wanted};
use super::outgoing::Outgoing;
use crate::server::reply::{error, respond};

impl AskedBlob {
    pub(crate) async fn answer(self, headers: &HeaderMap, head: bool) -> Response {
        if self.health.is_altered() {
            return self.gone();
        }
        if let Some(status) = settled(headers, &self.digest) {
            return respond(status, &self.validators().each(), Body::empty());
        }
        // A range has no meaning for HEAD. See: RFC 9110, "Range"
        match if head { Wanted::Whole } else { wanted(headers, &self.digest, self.size) } {
            Wanted::Beyond => {
                let range = format!("bytes */{}", self.size);
                respond(StatusCode::RANGE_NOT_SATISFIABLE, &[("content-range", &range)], Body::empty())
            }
            Wanted::Whole => {
                let body = if head { Body::empty() } else { Outgoing::whole(&self).into_body() };
                self.respond(StatusCode::OK, self.size, None, body)
            }
            Wanted::Part(start, end) => self.part(start, end).await,
        }
    }

    /// A part cannot be compared with the digest, so the whole was, once, before the first part leaves.
    async fn part(&self, start: u64, end: u64) -> Response {
        let (readers, blobs) = (&self.registry.readers, self.registry.blobs.clone());
        match self.health.check(readers, blobs, self.digest, self.size).await {
            Ok(true) => {
                let range = format!("bytes {start}-{}/{}", end.saturating_sub(1), self.size);
                let body = Outgoing::part(self, start, end).into_body();
                self.respond(StatusCode::PARTIAL_CONTENT, end - start, Some(range), body)
            }
            Ok(false) => {
                self.registry.report_altered(self.digest);
                self.gone()
            }
            Err(reason) => {
                self.registry.report_unreadable(self.digest, &reason);
                error(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "the blob cannot be read")
            }
        }
    }

    fn respond(&self, status: StatusCode, length: u64, range: Option<String>, body: Body) -> Response {
        let (length, validators) = (length.to_string(), self.validators());
        let content = [
            ("content-type", "application/octet-stream"),
            ("content-length", &length),
            ("accept-ranges", "bytes"),
        ];
        let range = range.as_deref().map(|range| ("content-range", range));
        respond(status, &validators.each().into_iter().chain(content).chain(range).collect::<Vec<_>>(), body)
    }

    fn validators(&self) -> Validators {
        Validators { digest: self.digest.to_string(), tag: entity_tag(&self.digest) }
    }

    /// It is not absent, so this is no 404; and trying again does not help, so it is no 5xx, which clients try again.
    fn gone(&self) -> Response {
        let text = format!("blob `{}` was altered: it does not match its digest", self.digest);
        error(StatusCode::GONE, "BLOB_UNKNOWN", &text)
    }
}

struct Validators {
    digest: String,
    tag: String,
}

impl Validators {
    fn each(&self) -> [(&str, &str); 2] {
        [("docker-content-digest", &self.digest), ("etag", &self.tag)]
    }
}
