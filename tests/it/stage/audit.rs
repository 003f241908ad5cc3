//! What the API server wrote down of the requests that `bundle` made.

use serde_json::Value;

use super::node::Stage;

const LOG: &str = "audit.log";
const WRITES: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];

/// A moment in the audit log.
pub struct Audit(usize);

impl Audit {
    /// Remembers where the log ends.
    pub fn from_now(stage: &Stage) -> Self {
        Self(stage.read(LOG).len())
    }

    /// Returns what `bundle` has asked since, one line a request: method and path, for all but dry runs.
    pub fn writes(&self, stage: &Stage) -> Vec<String> {
        let requests = self.requests(stage).into_iter();
        let writes = requests.filter(|request| WRITES.contains(&text(request, "verb")));
        let kept = writes.filter(|request| !text(request, "requestURI").contains("dryRun=All"));
        kept.map(|request| format!("{} {}", text(&request, "verb"), text(&request, "requestURI"))).collect()
    }

    /// Returns how many dry runs `bundle` has asked for since.
    pub fn dry_runs(&self, stage: &Stage) -> usize {
        let dry = |request: &&Value| text(request, "requestURI").contains("dryRun=All");
        self.requests(stage).iter().filter(dry).count()
    }

    fn requests(&self, stage: &Stage) -> Vec<Value> {
        let log = stage.read(LOG);
        let requests =
            log[self.0..].lines().map(|line| serde_json::from_str(line).expect("one request a line"));
        requests.filter(|request: &Value| text(request, "userAgent").starts_with("bundle/")).collect()
    }
}

fn text<'a>(request: &'a Value, field: &str) -> &'a str {
    request[field].as_str().unwrap_or_default()
}
