//! What an API server was asked, as it writes it down itself.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

/// The policy of an API server that writes everything down, without contents.
// See: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
pub const POLICY: &str = r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}"#;
const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];
/// How long nothing may happen before a waiter looks at something else.
const LOOK_UP: Duration = Duration::from_millis(200);

/// One request.
#[derive(Debug, Clone)]
pub struct Request(Value);

impl Request {
    /// Reads a line of the log.
    pub fn of(line: &str) -> Self {
        Self(serde_json::from_str(line).expect("one request a line"))
    }

    /// Returns whether it is of `bundle`. A watch is written down when it begins and when it ends; it counts when it begins.
    pub fn is_ours(&self) -> bool {
        let counts = !self.is_watch() || self.text("stage") == "ResponseStarted";
        counts && self.text("userAgent").starts_with("bundle/")
    }

    /// Returns whether it is a watch.
    pub fn is_watch(&self) -> bool {
        self.text("verb") == "watch"
    }

    /// Returns whether it lists everything there is at once.
    pub fn is_endless_list(&self) -> bool {
        self.text("verb") == "list" && !self.text("requestURI").contains("limit=")
    }

    /// Returns which kind of object it is about.
    pub fn resource(&self) -> &str {
        self.0["objectRef"]["resource"].as_str().unwrap_or_default()
    }

    /// Returns whether it is a dry run.
    pub fn is_dry(&self) -> bool {
        self.text("requestURI").contains("dryRun=All")
    }

    /// Returns whether it asks for a change, and not as a dry run.
    pub fn is_write(&self) -> bool {
        WRITES.contains(&self.text("verb")) && !self.is_dry()
    }

    /// Returns whether it is about what `bundle` keeps about itself, or only asks in the form of a write.
    pub fn is_bookkeeping(&self) -> bool {
        self.resource().starts_with("selfsubject") || self.0["objectRef"]["namespace"] == "bundle-system"
    }

    /// Returns verb and path: `patch /api/v1/namespaces/a?force=false`.
    pub fn line(&self) -> String {
        format!("{} {}", self.text("verb"), self.text("requestURI"))
    }

    /// Returns when it came in and when it was answered.
    pub fn span(&self) -> (Timestamp, Timestamp) {
        let time = |field| self.text(field).parse().expect("a time");
        (time("requestReceivedTimestamp"), time("stageTimestamp"))
    }

    fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }
}

/// The requests of `bundle` that an API server answered, also after it was started again.
#[derive(Clone, Default)]
pub struct AuditLog(Arc<(Mutex<Vec<Request>>, Condvar)>);

impl AuditLog {
    /// Reads what an API server prints, until that ends.
    pub fn follow(&self, printed: impl Read + Send + 'static) {
        let log = self.clone();
        let lines = BufReader::new(printed).lines().map_while(Result::ok);
        // A server that was killed may leave half a line.
        let whole = lines.filter(|line| line.ends_with('}'));
        std::thread::spawn(move || whole.map(|line| Request::of(&line)).for_each(|request| log.add(request)));
    }

    fn add(&self, request: Request) {
        if request.is_ours() {
            self.0.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            self.0.1.notify_all();
        }
    }

    /// Forgets everything, and returns it.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.0.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until the requests are such, or there is nothing more to wait for; returns which it was.
    pub fn until(&self, reached: impl Fn(&[Request]) -> bool, mut over: impl FnMut() -> bool) -> bool {
        let mut requests = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !reached(&requests) {
            if over() {
                return false;
            }
            let woken = self.0.1.wait_timeout(requests, LOOK_UP);
            requests = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
