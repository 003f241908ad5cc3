//! The registry that is pushed to.

use crate::registry::client::Client;
use crate::registry::client::repository::Repository;
use crate::registry::endpoint::Endpoint;

/// How many questions are asked at once.
pub(super) const QUESTIONS: usize = 16;

/// Where and how to push.
#[derive(Clone)]
pub struct Push {
    /// The client.
    pub client: Client,
    /// The target.
    pub endpoint: Endpoint,
    /// Whether a tag that points elsewhere is moved.
    pub retag: bool,
    /// How many blobs are sent at once.
    pub jobs: usize,
}

impl Push {
    pub(super) fn repository(&self, path: &str) -> Repository {
        self.client.repository(self.endpoint.clone(), path, &format!("{}/{path}", self.endpoint.host))
    }
}
