//! Finds out, before anything is changed, what of a cluster would keep an install from working: all findings at once.
//!
//! Each check is a function over JSON that returns findings, and one that asks. What this user may not read is a warning
//! and not the end: the other checks still run. Nothing here writes; two questions are dry runs or reviews, which the API
//! server keeps nothing of.

mod admission;
mod architecture;
mod installed;
mod kernel;
mod needs;
mod nodes;
mod owners;
mod platform;
mod rights;
mod route;
mod twins;
mod version;

use std::collections::BTreeMap;

use super::Cluster;
use super::api::Api;
use super::error::ClusterError;
use super::inventory::{self, Revision};
use super::prepare::{PreparedLayer, PreparedObject, prepare};
use crate::reference::ImageRef;
use crate::rendered::RenderedSet;
use crate::report::Finding;
use nodes::Node;

/// What is about to be installed.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// The bundle.
    pub revision: &'a Revision,
    /// What was rendered from it.
    pub set: &'a RenderedSet,
    /// The platforms of each image that travels: `linux/arm64`. An image that is made from others has those of its base.
    pub platforms: &'a BTreeMap<ImageRef, Vec<String>>,
    /// Host and port of the registry, as nodes reach it.
    pub registry: &'a str,
    /// Whether fields of other managers are taken over.
    pub force_conflicts: bool,
}

impl Cluster {
    /// Finds out what would keep an install from working, and what else a person should know before it. Errors come first.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, an object is faulty, or the inventory cannot be read.
    pub async fn preflight(&self, intent: &Intent<'_>) -> Result<Vec<Finding>, ClusterError> {
        let mut findings = version::of_server(self.version(), intent.set);
        let layers = match prepare(&self.api, &intent.set.objects).await {
            Ok(layers) => layers,
            Err(error @ ClusterError::UnknownKind { .. }) => {
                let hint = error.hint().unwrap_or_default();
                findings.push(Finding::error("objects", error.to_string()).hint(hint));
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let asked = Asked { cluster: self, api: &self.api, intent, layers: &layers };
        findings.extend(asked.ask().await?);
        findings.sort_by_key(|finding| finding.severity);
        Ok(findings)
    }
}

/// What is asked, and for what.
#[derive(Clone, Copy)]
struct Asked<'a> {
    cluster: &'a Cluster,
    api: &'a Api,
    intent: &'a Intent<'a>,
    layers: &'a [PreparedLayer<'a>],
}

impl Asked<'_> {
    async fn ask(self) -> Result<Vec<Finding>, ClusterError> {
        let (nodes, installed) = tokio::join!(nodes::read(self), inventory::load(self.api));
        let mut findings = Vec::new();
        let nodes = told("the nodes", nodes, &mut findings)?.unwrap_or_default();
        let installed = told("the inventory", installed, &mut findings)?.flatten();
        findings.extend(self.of_nodes(&nodes));
        findings.extend(installed::compare(installed.as_ref(), self.intent.revision));
        findings.extend(rights::ask(self).await?);
        findings.extend(owners::ask(self, installed.as_ref()).await?);
        findings.extend(twins::ask(self).await?);
        findings.extend(admission::ask(self).await?);
        Ok(findings)
    }

    fn of_nodes(self, nodes: &[Node]) -> Vec<Finding> {
        let Intent { set, platforms, registry, .. } = self.intent;
        let mut findings = version::of_nodes(self.cluster.version(), nodes);
        findings.extend(platform::compare(set, nodes));
        findings.extend(architecture::compare(&set.used, platforms, nodes));
        findings.extend(kernel::compare(set, nodes));
        findings.extend(route::compare(registry, self.cluster.server(), nodes));
        findings
    }

    fn objects(&self) -> impl Iterator<Item = &PreparedObject<'_>> {
        self.layers.iter().flat_map(|layer| &layer.objects)
    }
}

/// An answer, or the words with which it was refused to this user.
type Told<T> = Result<T, String>;

/// Takes a refusal (403) for an answer.
fn unless_refused<T>(result: Result<T, ClusterError>) -> Result<Told<T>, ClusterError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(ClusterError::Unexpected { status: 403, message, .. }) => Ok(Err(message)),
        Err(error) => Err(error),
    }
}

/// Returns what was read; what this user may not read becomes a finding.
fn told<T>(
    what: &str,
    result: Result<T, ClusterError>,
    findings: &mut Vec<Finding>,
) -> Result<Option<T>, ClusterError> {
    unless_refused(result).map(|told| {
        let refused = |words| findings.push(not_read(what, words));
        told.map_err(refused).ok()
    })
}

fn not_read(what: &str, words: String) -> Finding {
    Finding::warning(what, format!("not looked at: {words}"))
        .expected("a user who may read them")
        .hint("`kubectl auth can-i --list` shows what this user may do")
}

#[cfg(test)]
mod tests;
