//! The watches of one wait: one for each kind, in its namespace; in all namespaces, if its objects are in several.
//!
//! A watch only saves requests. If it is refused, its kind is polled; if it ends, it is started again.

use futures_util::StreamExt;
use futures_util::stream::{BoxStream, SelectAll};

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::Pace;
use crate::cluster::api::watch::Change;
use crate::cluster::objects::id::ObjectId;

/// The watches of one wait.
pub(super) struct Watches<'a> {
    api: &'a Api,
    kinds: Vec<Kind>,
    changes: SelectAll<BoxStream<'static, (usize, Option<Change>)>>,
}

/// What is watched with one request.
struct Kind {
    api_version: String,
    resource: String,
    collection: String,
    name: Option<String>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open,
    Refused,
}

impl Kind {
    fn of(id: &ObjectId) -> Self {
        Self {
            api_version: id.api_version.clone(),
            resource: id.resource.clone(),
            collection: id.collection_path(),
            name: Some(id.name.clone()),
            state: State::Closed,
        }
    }

    fn holds(&self, id: &ObjectId) -> bool {
        self.api_version == id.api_version && self.resource == id.resource
    }

    /// Widens the watch to this object.
    fn include(&mut self, id: &ObjectId) {
        if self.collection != id.collection_path() {
            self.collection = ObjectId { namespace: None, ..id.clone() }.collection_path();
        }
        if self.name.as_ref() != Some(&id.name) {
            self.name = None;
        }
    }
}

impl<'a> Watches<'a> {
    /// Watches nothing yet.
    pub(super) fn none(api: &'a Api) -> Self {
        Self { api, kinds: Vec::new(), changes: SelectAll::new() }
    }

    /// Adds this object, from the next time that watches are started.
    pub(super) fn include(&mut self, id: &ObjectId) {
        match self.kinds.iter_mut().find(|kind| kind.holds(id)) {
            Some(kind) => kind.include(id),
            None => self.kinds.push(Kind::of(id)),
        }
    }

    /// Starts the watches that are not open; returns whether one was started: it does not show earlier changes.
    pub(super) async fn open(&mut self, pace: &Pace) -> Result<bool, ClusterError> {
        let mut begun = false;
        for (place, kind) in self.kinds.iter_mut().enumerate().filter(|(_, kind)| kind.state == State::Closed)
        {
            let seconds = pace.left().as_secs() + 1;
            match self.api.watch(&kind.collection, kind.name.as_deref(), seconds).await {
                Ok(changes) => {
                    let changes = changes.map(Some).chain(futures_util::stream::iter([None]));
                    self.changes.push(changes.map(move |change| (place, change)).boxed());
                    (kind.state, begun) = (State::Open, true);
                }
                Err(error) if error.is_transient() => return Err(error),
                Err(_) => kind.state = State::Refused,
            }
        }
        Ok(begun)
    }

    /// Tells whether an open watch covers an object.
    pub(super) fn tell_of(&self, id: &ObjectId) -> bool {
        self.kinds.iter().any(|kind| kind.holds(id) && kind.state == State::Open)
    }

    /// Returns the next change; never, if nothing is watched. `None`: a watch has ended.
    pub(super) async fn next(&mut self) -> Option<Change> {
        match self.changes.next().await {
            Some((_, Some(change))) => Some(change),
            Some((ended, None)) => {
                self.kinds[ended].state = State::Closed;
                None
            }
            None => std::future::pending().await,
        }
    }
}
