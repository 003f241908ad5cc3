//! The operator's own file: where things go, and how strictly they are enforced.

mod alerting;
mod gatekeeper;
mod namespaces;
mod network;
mod warnings;

use serde::{Deserialize, Serialize};

pub use alerting::{SiteAlerting, SiteTrivy};
pub use gatekeeper::{Enforcement, SiteGatekeeper, SitePolicy};
pub use namespaces::{NamespaceNetwork, PodSecurity, SiteNamespace};
pub use network::{
    Direction, Labels, Protocol, SiteApiServer, SiteDns, SiteFlow, SiteFlowEnd, SiteNetwork, SitePods,
    SitePort,
};

use super::certificates::Certificates;
use super::host_paths::{HostPaths, below};

/// How the site runs Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// K3s.
    K3s,
    /// Talos Linux.
    Talos,
}

impl Platform {
    /// Returns the name that is used in files and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::K3s => "k3s",
            Self::Talos => "talos",
        }
    }
}

/// How images get their names in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageMode {
    /// Upstream's names stay; the nodes are configured to ask the registry for them.
    #[default]
    Mirror,
    /// Names become `REGISTRY/…`.
    Rewrite,
}

/// The operator's own `site.yaml`, validated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// K3s or Talos; detected from the nodes when it is absent.
    pub platform: Option<Platform>,
    /// The registry that the nodes pull from.
    pub registry: SiteRegistry,
    /// How policies are enforced.
    pub gatekeeper: SiteGatekeeper,
    /// Who may talk to whom.
    pub network: SiteNetwork,
    /// The namespaces to create and label.
    pub namespaces: Vec<SiteNamespace>,
    /// Where alerts go. `None`: nowhere.
    pub alerting: Option<SiteAlerting>,
    /// What the scanner needs.
    pub trivy: SiteTrivy,
}

/// The site's registry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteRegistry {
    /// Host and port: `registry.lan:5000`.
    pub address: String,
    /// The same registry as pods reach it: host and port. `None`, which no file leaves: as nodes do.
    pub pod_address: Option<String>,
    /// The ranges of IP addresses that it answers on, for NetworkPolicies; empty: any address.
    pub addresses: Vec<String>,
    /// How images are named in the cluster.
    pub images: ImageMode,
    /// Whether it speaks plain HTTP. `None`: plain on a loopback address, TLS anywhere else.
    pub plain_http: Option<bool>,
    /// A path put before every repository; empty for none, otherwise without slashes at its ends.
    pub prefix: String,
    /// The upstream hosts whose repositories have a path of their own, after the prefix.
    pub paths: HostPaths,
    /// Its CA and client certificate. Templates do not see it.
    #[serde(skip)]
    pub certificates: Certificates,
}

impl SiteRegistry {
    /// Returns the path of an upstream host's repositories; empty if the host has none of its own.
    #[must_use]
    pub fn path_of(&self, host: &str) -> String {
        below(&self.prefix, self.paths.of(host))
    }
}
