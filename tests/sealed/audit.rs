//! What the API server wrote down of the requests that `bundle` made.

use std::time::Duration;

use jiff::Timestamp;

use super::node::Stage;
use bundle_testing::cluster::audit::Request;

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

    /// Returns for how long the API server had a request of `bundle` to answer, since.
    pub fn answering(&self, stage: &Stage) -> Duration {
        let requests = self.requests(stage);
        let mut spans: Vec<_> = requests.iter().map(Request::span).collect();
        spans.sort();
        let (mut until, mut answering) = (Timestamp::MIN, Duration::ZERO);
        for (from, to) in spans {
            answering += Duration::try_from(to.duration_since(from.max(until))).unwrap_or_default();
            until = until.max(to);
        }
        answering
    }

    /// Returns all that `bundle` has asked since.
    pub fn requests(&self, stage: &Stage) -> Vec<Request> {
        stage.read(LOG)[self.0..].lines().map(Request::of).filter(Request::is_ours).collect()
    }
}
