//! The access log: one line a request, when its answer has left or was broken off.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use crate::report::Reporter;

/// The longest path that is logged, in characters.
const MAX_PATH: usize = 512;

/// A line of the log, written when it is dropped: `METHOD PATH STATUS BYTES MILLISECONDS PEER`.
pub(crate) struct Line {
    reporter: Arc<dyn Reporter>,
    request: String,
    status: u16,
    bytes: u64,
    begun: Instant,
    peer: SocketAddr,
}

impl Line {
    /// Begins a line. The query is left out, and headers are: there is no secret in what remains.
    pub(crate) fn begin(reporter: Arc<dyn Reporter>, request: &Request, peer: SocketAddr) -> Self {
        let request = format!("{} {}", plain(request.method().as_str()), plain(request.uri().path()));
        Self { reporter, request, status: 0, bytes: 0, begun: Instant::now(), peer }
    }

    /// Returns the answer; the line goes with its body.
    pub(crate) fn follow(mut self, answer: Response) -> Response {
        self.status = answer.status().as_u16();
        answer.map(|body| Body::new(Followed { body, line: self }))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { request, status, bytes, begun, peer, .. } = self;
        self.reporter.step(format!("{request} {status} {bytes} {} {peer}", begun.elapsed().as_millis()));
    }
}

/// Returns a text that cannot steer a terminal: everything but visible ASCII is escaped.
fn plain(text: &str) -> String {
    let escaped = |letter: char| {
        let escape = (!letter.is_ascii_graphic()).then(|| letter.escape_unicode());
        escape.map_or_else(|| letter.to_string(), |escape| escape.to_string())
    };
    text.chars().take(MAX_PATH).map(escaped).collect()
}

struct Followed {
    body: Body,
    line: Line,
}

impl HttpBody for Followed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.line.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_terminal_is_escaped() {
        assert_eq!(plain("/v2/a\u{1b}[2J\n\u{202e}\u{9b}é"), "/v2/a\\u{1b}[2J\\u{a}\\u{202e}\\u{9b}\\u{e9}");
        assert_eq!(plain(&"x".repeat(1000)).len(), MAX_PATH);
    }
}
