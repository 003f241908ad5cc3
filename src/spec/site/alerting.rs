//! Where alerts go, and what the scanner needs.

use serde::Serialize;

/// Where alerts go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteAlerting {
    /// The Alertmanager's address: `http://alertmanager.monitoring.svc:9093`.
    pub alertmanager: String,
    /// A Secret in the namespace `falco` whose keys become the environment of falcosidekick.
    pub secret: Option<String>,
}

/// What the scanner needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteTrivy {
    /// A Secret with what it shows the registry.
    pub secret: Option<String>,
}
