//! One connection, tried.

use std::time::Duration;

use serde_json::Value;

use super::pod;
use super::pods::pods_of;
use super::report::{LiveResult, Seen};
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::Pace;
use crate::cluster::objects::id::{ObjectId, is_path_segment};
use crate::cluster::objects::json::text;
use crate::cluster::readiness::reason::pod_words;
use crate::rendered::{LiveEnd, LiveExpectation, LiveProbe};

/// The time limit for each pod; it may have to pull its image first.
const LONGEST: Duration = Duration::from_secs(90);

/// One live probe, and the cluster that it runs in.
pub(super) struct Trial<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) layer: &'a str,
    pub(super) probe: &'a LiveProbe,
}

impl Trial<'_> {
    /// Creates both pods, reads how the connection ends, and deletes them. A connection that could not be tried is a failed result.
    pub(super) async fn run(&self) -> Result<LiveResult, ClusterError> {
        let mut made = Vec::new();
        let seen = self.connect(&mut made).await?.unwrap_or_else(Seen::Untried);
        for (id, uid) in made {
            self.cluster.delete_pod(&id, &uid).await?;
        }
        Ok(LiveResult {
            layer: self.layer.to_owned(),
            name: self.probe.name.clone(),
            expected: self.probe.expect,
            passed: match self.probe.expect {
                LiveExpectation::Open => seen == Seen::Open,
                LiveExpectation::Closed => matches!(seen, Seen::Closed(_)),
            },
            connection: connection(self.probe),
            seen,
        })
    }

    async fn connect(
        &self,
        made: &mut Vec<(ObjectId, String)>,
    ) -> Result<Result<Seen, String>, ClusterError> {
        let listener = match self.create(&self.probe.to, &pod::listener(self.probe), made).await? {
            Ok(path) => path,
            Err(words) => return Ok(Err(words)),
        };
        let listens = |pod: &Value| pod::listens_at(pod).map(str::to_owned);
        let address = match self.wait(&listener, listens).await? {
            Ok(address) => address,
            Err(words) => return Ok(Err(format!("the listening pod does not listen: {words}"))),
        };
        let client = match self.create(&self.probe.from, &pod::client(self.probe, &address), made).await? {
            Ok(path) => path,
            Err(words) => return Ok(Err(words)),
        };
        let (code, words) = match self.wait(&client, pod::ended).await? {
            Ok(end) => end,
            Err(words) => return Ok(Err(format!("the connecting pod does not run: {words}"))),
        };
        let still = self.cluster.api.get(&listener).await?.as_ref().and_then(listens);
        Ok(judge(code, words, still.as_ref() == Some(&address)))
    }

    /// Creates a pod; returns its path, or why it was not created.
    async fn create(
        &self,
        end: &LiveEnd,
        pod: &Value,
        made: &mut Vec<(ObjectId, String)>,
    ) -> Result<Result<String, String>, ClusterError> {
        let namespace = &end.namespace;
        if !is_path_segment(namespace) {
            return Ok(Err(format!("`{}` is not a valid namespace name", namespace.escape_default())));
        }
        let answer = self.cluster.api.create(&pods_of(namespace), pod).await?;
        let name = text(&answer.body, "/metadata/name");
        if !answer.is_success() || !is_path_segment(name) {
            let (status, message) = (answer.status, answer.message());
            return Ok(Err(format!("a pod in `{namespace}` is refused ({status}): {message}")));
        }
        let id = ObjectId::pod(namespace, name);
        let path = id.path();
        made.push((id, text(&answer.body, "/metadata/uid").to_owned()));
        Ok(Ok(path))
    }

    /// Looks at a pod until it has done its part; or returns why it has not.
    async fn wait<T>(
        &self,
        path: &str,
        found: impl Fn(&Value) -> Option<T>,
    ) -> Result<Result<T, String>, ClusterError> {
        let mut pace = Pace::within(LONGEST);
        loop {
            let Some(pod) = self.cluster.api.get(path).await? else {
                return Ok(Err("someone else deleted it".to_owned()));
            };
            if let Some(found) = found(&pod) {
                return Ok(Ok(found));
            }
            let is_over = matches!(text(&pod, "/status/phase"), "Failed" | "Succeeded");
            if is_over || !pace.again().await {
                let words = pod_words(&pod).unwrap_or_else(|| "it ended".to_owned());
                return Ok(Err(format!("{words}, after {} s", pace.waited().as_secs())));
            }
        }
    }
}

/// A failed connection proves a policy only while the other pod listens.
fn judge(code: i64, words: String, listens: bool) -> Result<Seen, String> {
    match code {
        0 => Ok(Seen::Open),
        // See: POSIX, Shell Command Language, 2.8.2: not found, not executable; above 128: ended by a signal
        126.. => Err(format!("the image cannot try it: exit code {code}: {words}")),
        _ if !listens => Err("the listening pod ended before the connection was tried".to_owned()),
        _ => Ok(Seen::Closed(words)),
    }
}

/// Returns who connects to whom, for people.
fn connection(probe: &LiveProbe) -> String {
    let end = |end: &LiveEnd| {
        let labels: Vec<_> = end.labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
        format!("`{}` ({})", end.namespace, labels.join(", "))
    };
    format!("{} to {}, port {}", end(&probe.from), end(&probe.to), probe.port)
}
