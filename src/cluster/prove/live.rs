//! Proves NetworkPolicies with traffic: pods with the labels of the site's flows try to connect to each other.
//!
//! Only a packet shows whether the cluster's network plugin enforces the policies that the API server has accepted. For each probe one pod
//! listens, and another one connects to its address: no Service and no DNS is involved. The pods are deleted in any case; those
//! that a killed run left are found by their label, and deleted first. So two runs at once end each other's pods.

mod pod;
mod pods;
pub(in crate::cluster) mod report;
#[cfg(test)]
mod tests;
mod trial;

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::is_path_segment;
use crate::rendered::ObjectSet;
use crate::report::Reporter;
use report::LiveReport;
use trial::Trial;

/// How many connections are tried at once: two pods each.
const AT_ONCE: usize = 4;

impl Cluster {
    /// Tries the connections of every layer's live probes, with pods that are deleted when it returns.
    ///
    /// It stops early when `stop` becomes ready. If it is dropped, its pods end after at most three minutes.
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
        self.sweep_probe_pods(&namespaces).await?;
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
        let swept = self.sweep_probe_pods(&namespaces).await;
        let results = results?;
        swept.map(|()| LiveReport { results })
    }
}

fn namespaces(set: &ObjectSet) -> BTreeSet<&str> {
    let probes = set.layers.iter().flat_map(|layer| &layer.live);
    let ends = probes.flat_map(|probe| [probe.from.namespace.as_str(), probe.to.namespace.as_str()]);
    ends.filter(|name| is_path_segment(name)).collect()
}
