//! Runs all checks.

use super::nodes::Node;
use super::query::{Intent, Query, unless_refused};
use super::{
    admission, architecture, duplicates, installed, kernel, nodes, owners, platform, rights, route, version,
};
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::change::prepare::prepare;
use crate::cluster::record::store;
use crate::report::Finding;

impl Cluster {
    /// Checks the cluster for problems that would make the install fail, and for others worth knowing. Errors come first.
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
        let query = Query { cluster: self, api: &self.api, intent, layers: &layers };
        findings.extend(ask(query).await?);
        findings.sort_by_key(|finding| finding.severity);
        Ok(findings)
    }
}

async fn ask(query: Query<'_>) -> Result<Vec<Finding>, ClusterError> {
    let (nodes, installed) = tokio::join!(nodes::read(query), store::load(query.api));
    let mut findings = Vec::new();
    let nodes = told("the nodes", nodes, &mut findings)?.unwrap_or_default();
    let installed = told("the inventory", installed, &mut findings)?.flatten();
    findings.extend(of_nodes(query, &nodes));
    findings.extend(installed::compare(installed.as_ref(), query.intent.revision));
    findings.extend(rights::ask(query).await?);
    findings.extend(owners::ask(query, installed.as_ref()).await?);
    findings.extend(duplicates::ask(query).await?);
    findings.extend(admission::ask(query).await?);
    Ok(findings)
}

fn of_nodes(query: Query<'_>, nodes: &[Node]) -> Vec<Finding> {
    let Intent { set, platforms, registry, .. } = query.intent;
    let mut findings = version::of_nodes(query.cluster.version(), nodes);
    findings.extend(platform::compare(set, nodes));
    findings.extend(architecture::compare(&set.used, platforms, nodes));
    findings.extend(kernel::compare(set, nodes));
    findings.extend(route::compare(registry, query.cluster.server(), nodes));
    findings
}

/// Returns the result; if this user may not read it, that becomes a finding.
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
    Finding::warning(what, format!("cannot be read: {words}"))
        .expected("a user who can read them")
        .hint("`kubectl auth can-i --list` shows what this user may do")
}
