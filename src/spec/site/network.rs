//! Who may talk to whom at the site.

use std::collections::BTreeMap;

use serde::Serialize;

/// The labels that select pods; empty: all pods.
pub type Labels = BTreeMap<String, String>;

/// Who may talk to whom.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteNetwork {
    /// Where pods reach the API server.
    pub api_server: SiteApiServer,
    /// Who answers DNS.
    pub dns: SiteDns,
    /// Who scrapes metrics.
    pub prometheus: SitePods,
    /// What may talk to what, besides DNS.
    pub flows: Vec<SiteFlow>,
}

/// Where pods reach the API server, behind its Service: policies see the address after the Service's was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteApiServer {
    /// Ranges of IP addresses; empty: any address.
    pub addresses: Vec<String>,
    /// The port.
    pub port: u16,
}

impl Default for SiteApiServer {
    fn default() -> Self {
        Self { addresses: Vec::new(), port: 6443 }
    }
}

/// Who answers DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteDns {
    /// The namespace of its pods.
    pub namespace: String,
    /// The labels of its pods.
    pub pods: Labels,
    /// The port that its pods listen on, with UDP and TCP.
    pub port: u16,
}

impl Default for SiteDns {
    fn default() -> Self {
        let pods = Labels::from([("k8s-app".to_owned(), "kube-dns".to_owned())]);
        Self { namespace: "kube-system".to_owned(), pods, port: 53 }
    }
}

/// Pods of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SitePods {
    /// The namespace.
    pub namespace: String,
    /// Their labels.
    pub pods: Labels,
}

impl Default for SitePods {
    /// Returns Prometheus, as its operator labels it.
    fn default() -> Self {
        let pods = Labels::from([("app.kubernetes.io/name".to_owned(), "prometheus".to_owned())]);
        Self { namespace: "monitoring".to_owned(), pods }
    }
}

/// One thing that may talk to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteFlow {
    /// Its name: an RFC 1123 label, and unique.
    pub name: String,
    /// The client.
    pub from: SiteFlowEnd,
    /// The listener.
    pub to: SiteFlowEnd,
    /// The ports that are listened on; empty: every port.
    pub ports: Vec<SitePort>,
    /// The one side that is opened. `None`: both; without the other side's consent nothing flows.
    pub only: Option<Direction>,
}

impl SiteFlow {
    /// Returns whether the flow lets something out of the namespace.
    #[must_use]
    pub fn leaves(&self, namespace: &str) -> bool {
        self.only != Some(Direction::Ingress) && self.from.is_in(namespace)
    }

    /// Returns whether the flow lets something into the namespace.
    #[must_use]
    pub fn enters(&self, namespace: &str) -> bool {
        self.only != Some(Direction::Egress) && self.to.is_in(namespace)
    }
}

/// A side of a flow, as NetworkPolicies name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the pods that listen.
    Ingress,
    /// Out of the pods that begin to talk.
    Egress,
}

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SiteFlowEnd {
    /// Pods of the cluster.
    Pods {
        /// Their namespace; `*`: every namespace, also one that the site does not list.
        namespace: String,
        /// Their labels.
        pods: Labels,
    },
    /// Ranges of IP addresses outside the cluster.
    Addresses {
        /// The ranges: `0.0.0.0/0`.
        addresses: Vec<String>,
    },
}

impl SiteFlowEnd {
    fn is_in(&self, name: &str) -> bool {
        matches!(self, Self::Pods { namespace, .. } if namespace == name || namespace == "*")
    }
}

/// A port that is listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SitePort {
    /// Its number, from 1.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// A transport protocol, as NetworkPolicies name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}
