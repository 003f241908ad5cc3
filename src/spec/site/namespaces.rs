//! The site's namespaces.

use serde::Serialize;

/// A level of the Pod Security Standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PodSecurity {
    /// No restriction.
    Privileged,
    /// Refuses known privilege escalations.
    Baseline,
    /// Demands hardened pods.
    #[default]
    Restricted,
}

/// Whether NetworkPolicies hold in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NamespaceNetwork {
    /// Only DNS and the site's flows are allowed, in both directions.
    #[default]
    Isolated,
    /// The site makes no policy for it.
    Open,
}

/// A namespace of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteNamespace {
    /// Its name.
    pub name: String,
    /// The Pod Security level that it enforces.
    pub pod_security: PodSecurity,
    /// Whether NetworkPolicies hold in it.
    pub network: NamespaceNetwork,
}
