//! The operator's own file: where things go, and how strictly they are enforced.

use serde::Serialize;

use super::registries::Certificates;

/// How the site runs Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// K3s.
    K3s,
    /// Talos Linux.
    Talos,
}

impl Platform {
    /// Returns the name as it is written in files and flags.
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

/// What Gatekeeper does with an object that breaks a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// Admits it with a warning.
    #[default]
    Warn,
    /// Admits it; only the audit shows it.
    Dryrun,
    /// Refuses it.
    Deny,
}

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
    /// The namespaces to create and label.
    pub namespaces: Vec<SiteNamespace>,
}

/// The site's registry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteRegistry {
    /// Host and port: `registry.lan:5000`.
    pub address: String,
    /// The same registry as pods reach it: host and port. `None`: as nodes do.
    pub pod_address: Option<String>,
    /// The ranges of IP addresses that it answers on, for NetworkPolicies; empty: any address.
    pub addresses: Vec<String>,
    /// How images are named in the cluster.
    pub images: ImageMode,
    /// Whether it speaks plain HTTP. `None`: plain on a loopback address, TLS anywhere else.
    pub plain_http: Option<bool>,
    /// A path put before every repository; empty for none, otherwise without slashes at its ends.
    pub prefix: String,
    /// Who may vouch for it, and how this machine shows who it is. Templates do not see it.
    #[serde(skip)]
    pub certificates: Certificates,
}

/// How Gatekeeper enforces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteGatekeeper {
    /// What is done with an object that breaks a policy.
    pub enforcement: Enforcement,
    /// Namespaces that no policy looks at.
    pub exempt_namespaces: Vec<String>,
    /// Images that no policy looks at; a trailing `*` matches any rest.
    pub exempt_images: Vec<String>,
}

/// A namespace of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteNamespace {
    /// Its name.
    pub name: String,
    /// The Pod Security level that it enforces.
    pub pod_security: PodSecurity,
}
