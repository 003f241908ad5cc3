//! What the API server wrote down of the requests that `bundle` made.

use super::node::Stage;
use crate::cluster::audit::Request;

const LOG: &str = "audit.log";

/// A moment in the audit log.
pub struct Audit(usize);

impl Audit {
    /// Remembers where the log ends.
    pub fn from_now(stage: &Stage) -> Self {
        Self(stage.read(LOG).len())
    }

    /// Returns what `bundle` has asked since, one line a request: method and path, for all but dry runs.
    pub fn writes(&self, stage: &Stage) -> Vec<String> {
        self.requests(stage).iter().filter(|request| request.is_write()).map(Request::line).collect()
    }

    /// Returns how many dry runs `bundle` has asked for since.
    pub fn dry_runs(&self, stage: &Stage) -> usize {
        self.requests(stage).iter().filter(|request| request.is_dry()).count()
    }

    /// Returns all that `bundle` has asked since.
    pub fn requests(&self, stage: &Stage) -> Vec<Request> {
        stage.read(LOG)[self.0..].lines().map(Request::of).filter(Request::is_ours).collect()
    }
}
