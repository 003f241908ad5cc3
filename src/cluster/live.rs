//! Proves NetworkPolicies by what they do: pods with the labels of the site's flows try to reach each other.
//!
//! Nothing but a packet tells whether the cluster's network plugin enforces what the API server has accepted. For each probe one pod
//! listens, and another one connects to its address: no Service and no DNS comes between. The pods go whatever happens; those
//! that a killed run left are found by their label, and go first. So two runs at once end each other's pods.

mod pod;
#[cfg(test)]
mod tests;
mod trial;

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::Cluster;
use super::error::ClusterError;
use super::object::{ObjectId, is_path_segment, text};
use crate::rendered::{LiveExpectation, ObjectSet};
use crate::report::Reporter;
use trial::Trial;

/// How many connections are tried at once: two pods each.
const AT_ONCE: usize = 4;

/// What the live probes of all layers came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct LiveReport {
    /// One result a probe, in the order of the layers.
    pub results: Vec<LiveResult>,
}

/// What one live probe came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveResult {
    /// The layer.
    pub layer: String,
    /// The probe's name.
    pub name: String,
    /// How the connection had to end.
    pub expected: LiveExpectation,
    /// Whether it did.
    pub passed: bool,
    /// Who connects to whom, for people.
    pub connection: String,
    /// How it ended.
    pub seen: Seen,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It was made.
    Open,
    /// It was refused, or nobody answered, though the other pod listened; with the client's words.
    Closed(String),
    /// It could not be tried, and why.
    Untried(String),
}

impl LiveReport {
    /// Tells whether every connection ended as it had to.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.results.iter().all(|result| result.passed)
    }

    /// Tells whether everything that had to be closed is open: then nothing enforces policies at all.
    #[must_use]
    pub fn nothing_is_enforced(&self) -> bool {
        let mut closed = self.results.iter().filter(|it| it.expected == LiveExpectation::Closed).peekable();
        closed.peek().is_some() && closed.all(|it| it.seen == Seen::Open)
    }

    /// Says what a result means.
    #[must_use]
    pub fn verdict(&self, result: &LiveResult) -> String {
        match (&result.seen, result.expected) {
            (Seen::Open, LiveExpectation::Open) => "open".to_owned(),
            (Seen::Closed(words), LiveExpectation::Closed) => format!("closed: {words}"),
            (Seen::Open, _) if self.nothing_is_enforced() => "open, as is everything that must be closed: \
                the cluster's network plugin does not enforce NetworkPolicies"
                .to_owned(),
            (Seen::Open, _) => "open: a policy is missing, or another one allows it; \
                `kubectl get networkpolicies --all-namespaces` shows them"
                .to_owned(),
            (Seen::Closed(words), _) => {
                format!("closed: {words}: another policy forbids it, or the pods' network does not carry it")
            }
            (Seen::Untried(words), _) => format!("could not be tried: {words}"),
        }
    }
}

impl Cluster {
    /// Tries the connections of every layer's live probes, with pods that are gone when it returns.
    ///
    /// Whoever wants to stop it early lets `stop` become ready; dropped, it leaves pods behind for at most three minutes.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or it was stopped. That a pod is refused or does not run is no error: it is in
    /// the report.
    pub async fn probe_live(
        &self,
        set: &ObjectSet,
        stop: impl Future<Output = ()>,
        reporter: &dyn Reporter,
    ) -> Result<LiveReport, ClusterError> {
        let namespaces = namespaces(set);
        self.sweep(&namespaces).await?;
        let trials = set.layers.iter().flat_map(|layer| {
            layer.live.iter().map(|probe| Trial { cluster: self, layer: &layer.name, probe })
        });
        let trials: Vec<_> = trials.collect();
        if trials.is_empty() {
            reporter.step("the bundle has no live probes for this site".to_owned());
        } else {
            reporter.step(format!("trying {} connections between short-lived pods", trials.len()));
        }
        let results = stream::iter(trials.iter().map(Trial::run)).buffered(AT_ONCE).try_collect();
        let results = tokio::select! {
            results = results => results,
            () = stop => Err(ClusterError::LiveStopped),
        };
        let swept = self.sweep(&namespaces).await;
        let results = results?;
        swept.map(|()| LiveReport { results })
    }

    /// Deletes the pods of this run and of any other.
    async fn sweep(&self, namespaces: &BTreeSet<&str>) -> Result<(), ClusterError> {
        for namespace in namespaces {
            let mut left = Vec::new();
            let keep = |pod: &Value| -> Option<()> {
                let [name, uid] =
                    ["/metadata/name", "/metadata/uid"].map(|place| text(pod, place).to_owned());
                left.push((name, uid));
                None
            };
            self.api.find_selected(&pods_of(namespace), (pod::LABEL, ""), keep).await?;
            for (name, uid) in left.into_iter().filter(|(name, _)| is_path_segment(name)) {
                self.take_away(&pod_id(namespace, &name), &uid).await?;
            }
        }
        Ok(())
    }

    async fn take_away(&self, id: &ObjectId, uid: &str) -> Result<(), ClusterError> {
        let answer = self.api.delete(id, uid, false).await?;
        match answer.status {
            // Gone, or another one by now.
            200..=299 | 404 | 409 => Ok(()),
            status => Err(ClusterError::Unexpected {
                request: format!("DELETE {}", id.path()),
                status,
                message: answer.message(),
            }),
        }
    }
}

fn pods_of(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods")
}

fn pod_id(namespace: &str, name: &str) -> ObjectId {
    ObjectId {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        resource: "pods".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

fn namespaces(set: &ObjectSet) -> BTreeSet<&str> {
    let probes = set.layers.iter().flat_map(|layer| &layer.live);
    let ends = probes.flat_map(|probe| [probe.from.namespace.as_str(), probe.to.namespace.as_str()]);
    ends.filter(|name| is_path_segment(name)).collect()
}
