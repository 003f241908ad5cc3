//! One connection, tried.

use std::time::Duration;

use serde_json::Value;

use super::super::Cluster;
use super::super::error::ClusterError;
use super::super::object::{ObjectId, is_path_segment, text};
use super::super::pace::Pace;
use super::super::reason::pod_words;
use super::{LiveResult, Seen, pod, pod_id, pods_of};
use crate::rendered::{LiveEnd, LiveExpectation, LiveProbe};

/// How long a pod may take for its part: an image may have to come first.
const LONGEST: Duration = Duration::from_secs(90);

/// One live probe, and where it is tried.
pub(super) struct Trial<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) layer: &'a str,
    pub(super) probe: &'a LiveProbe,
}

impl Trial<'_> {
    /// Makes both pods, looks how the connection ends, and takes them away. That it could not be tried is a result, and not a good one.
    pub(super) async fn run(&self) -> Result<LiveResult, ClusterError> {
        let mut made = Vec::new();
        let seen = self.connect(&mut made).await?.unwrap_or_else(Seen::Untried);
        for (id, uid) in made {
            self.cluster.take_away(&id, &uid).await?;
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
            Err(words) => return Ok(Err(format!("the pod that listens does not: {words}"))),
        };
        let client = match self.create(&self.probe.from, &pod::client(self.probe, &address), made).await? {
            Ok(path) => path,
            Err(words) => return Ok(Err(words)),
        };
        let (code, words) = match self.wait(&client, pod::ended).await? {
            Ok(end) => end,
            Err(words) => return Ok(Err(format!("the pod that connects does not run: {words}"))),
        };
        let still = self.cluster.api.get(&listener).await?.as_ref().and_then(listens);
        Ok(judge(code, words, still.as_ref() == Some(&address)))
    }

    /// Creates a pod; returns its path, or why there is none.
    async fn create(
        &self,
        end: &LiveEnd,
        pod: &Value,
        made: &mut Vec<(ObjectId, String)>,
    ) -> Result<Result<String, String>, ClusterError> {
        let namespace = &end.namespace;
        if !is_path_segment(namespace) {
            return Ok(Err(format!("`{}` is no name of a namespace", namespace.escape_default())));
        }
        let answer = self.cluster.api.create(&pods_of(namespace), pod).await?;
        let name = text(&answer.body, "/metadata/name");
        if !answer.is_success() || !is_path_segment(name) {
            let (status, message) = (answer.status, answer.message());
            return Ok(Err(format!("a pod in `{namespace}` is refused ({status}): {message}")));
        }
        let id = pod_id(namespace, name);
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
                return Ok(Err("somebody else deleted it".to_owned()));
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

/// A connection that was not made tells of policies only while somebody listens.
fn judge(code: i64, words: String, listens: bool) -> Result<Seen, String> {
    match code {
        0 => Ok(Seen::Open),
        // See: POSIX, Shell Command Language, 2.8.2: not found, not executable; above 128: ended by a signal
        126.. => Err(format!("the image cannot try it: exit code {code}: {words}")),
        _ if !listens => Err("the pod that listens ended before the connection was tried".to_owned()),
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
