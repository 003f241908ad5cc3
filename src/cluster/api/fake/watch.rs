//! Watches of the API server in memory: lines that stay open until a test ends them.

use std::convert::Infallible;

use axum::body::Body;
use futures_util::stream;
use http::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::cluster::api::fake::{Fake, State};

/// One watch that is under way.
pub(in crate::cluster) struct Watcher {
    resource: String,
    lines: UnboundedSender<String>,
}

impl Fake {
    /// Changes an object, and reports it to the watches of its kind.
    pub(in crate::cluster) fn change(&self, path: &str, object: Value) {
        self.put(path, object);
        let mut state = self.state();
        let event = json!({"type": "MODIFIED", "object": state.objects[path]});
        let resource = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
        state.watchers.retain(|watcher| {
            watcher.resource != resource || watcher.lines.send(format!("{event}\n")).is_ok()
        });
    }

    /// Ends every watch, with a place that is lost.
    pub(in crate::cluster) fn end_watches(&self) {
        for watcher in self.state().watchers.drain(..) {
            let event =
                json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}});
            let _ = watcher.lines.send(format!("{event}\n"));
        }
    }

    /// Waits until there is a watch.
    pub(in crate::cluster) async fn watched(&self) {
        while self.state().watchers.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

impl State {
    pub(super) fn watch(&mut self, path: &str) -> Response<Body> {
        let (lines, receiver) = unbounded_channel();
        let resource = path.rsplit('/').next().unwrap_or_default().to_owned();
        self.watchers.push(Watcher { resource, lines });
        let lines = stream::unfold(receiver, |mut receiver| async {
            let line = receiver.recv().await?;
            Some((Ok::<_, Infallible>(line), receiver))
        });
        Response::new(Body::from_stream(lines))
    }
}
