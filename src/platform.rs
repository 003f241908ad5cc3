//! The paths of a platform's own files in the bundle, and what its nodes must know about the registry.
//!
//! What differs between platforms is written in their folders (`k3s/`, `talos/`), not here: `values.yaml` is read by
//! every template as `platform`, and each file in `nodes/` is a template for a file on the nodes.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::reference::is_loopback;
use crate::spec::site::SiteRegistry;
use crate::spec::{ImageMode, Platform};

/// Returns the path of the platform's values among the bundle's files: `platforms/k3s/values.yaml`.
#[must_use]
pub fn values_path(platform: Platform) -> String {
    format!("platforms/{}/values.yaml", platform.name())
}

/// Returns the folder of the platform's node files among the bundle's files: `platforms/k3s/nodes/`.
#[must_use]
pub fn nodes_folder(platform: Platform) -> String {
    format!("platforms/{}/nodes/", platform.name())
}

/// The registry as nodes and pods reach it: what templates see as `registry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeRegistry {
    /// Host and port: `registry.lan:5000`.
    pub address: String,
    /// The address with its scheme: `http://registry.lan:5000`.
    pub url: String,
    /// Host and port as pods reach it.
    pub pod_address: String,
    /// That address with its scheme: it is the same server, and speaks the same.
    pub pod_url: String,
    /// The port of that address, for NetworkPolicies.
    pub pod_port: u16,
    /// The path before every repository; empty for none.
    pub prefix: String,
    /// How images are named in the cluster.
    pub images: ImageMode,
    /// Whether it speaks plain HTTP.
    pub plain_http: bool,
    /// Upstream hosts that the nodes ask this registry for, sorted; empty if names are rewritten.
    pub mirrors: Vec<NodeMirror>,
    /// The CA certificates to trust for it (PEM). `None`: the nodes' own trust store.
    pub ca: Option<String>,
    /// Whether it asks who asks for a certificate of their own.
    pub client_certificates: bool,
}

/// An upstream host that the nodes ask the site's registry for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeMirror {
    /// The host, as references name it.
    pub host: String,
    /// The path below which the registry has everything of that host; empty for none.
    pub path: String,
}

impl NodeRegistry {
    /// Derives it from the site and from the hosts that the carried images come from.
    #[must_use]
    pub fn new(site: &SiteRegistry, upstream_hosts: BTreeSet<String>) -> Self {
        let SiteRegistry { address, pod_address, images, prefix, .. } = site;
        let pod_address = pod_address.as_ref().unwrap_or(address);
        let plain_http = speaks_plain_http(site);
        let scheme = if plain_http { "http" } else { "https" };
        let mirrored =
            upstream_hosts.into_iter().filter(|host| *images == ImageMode::Mirror && host != address);
        let mirrors = mirrored.map(|host| NodeMirror { path: site.path_of(&host), host }).collect();
        Self {
            address: address.clone(),
            url: format!("{scheme}://{address}"),
            pod_address: pod_address.clone(),
            pod_url: format!("{scheme}://{pod_address}"),
            pod_port: port(pod_address).unwrap_or(if plain_http { 80 } else { 443 }),
            prefix: prefix.clone(),
            images: *images,
            plain_http,
            mirrors,
            ca: site.certificates.ca_pem.clone(),
            client_certificates: site.certificates.client_certificate.is_some(),
        }
    }
}

/// Tells whether the site's registry speaks plain HTTP: as the site says, otherwise only on a loopback address.
#[must_use]
pub fn speaks_plain_http(site: &SiteRegistry) -> bool {
    site.plain_http.unwrap_or_else(|| is_loopback(&site.address))
}

/// Returns the port that an address names.
fn port(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(address: &str, images: ImageMode) -> SiteRegistry {
        SiteRegistry { address: address.into(), images, ..SiteRegistry::default() }
    }

    #[test]
    fn only_a_loopback_address_is_plain_http_by_itself() {
        for (address, plain) in [
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("registry.lan:5000", false),
            ("localhost.example:5000", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(speaks_plain_http(&registry(address, ImageMode::Mirror)), plain, "{address}");
        }
        let said = SiteRegistry { plain_http: Some(false), ..registry("localhost:5000", ImageMode::Mirror) };
        assert!(!speaks_plain_http(&said));
    }

    #[test]
    fn pods_reach_the_same_server_under_their_own_address() {
        let nodes = registry("localhost:5000", ImageMode::Rewrite);
        let pods = SiteRegistry { pod_address: Some("192.168.2.2:5000".into()), ..nodes.clone() };
        let urls = |site: &SiteRegistry| {
            let registry = NodeRegistry::new(site, BTreeSet::new());
            (registry.url, registry.pod_address, registry.pod_url)
        };
        let expected = |pod: &str| ("http://localhost:5000".into(), pod.to_owned(), format!("http://{pod}"));
        assert_eq!(urls(&pods), expected("192.168.2.2:5000"));
        assert_eq!(urls(&nodes), expected("localhost:5000"));
    }

    #[test]
    fn a_port_is_the_one_that_is_named_or_the_usual_one() {
        let port = |address: &str, plain_http| {
            let site = SiteRegistry { plain_http: Some(plain_http), ..registry(address, ImageMode::Mirror) };
            NodeRegistry::new(&site, BTreeSet::new()).pod_port
        };
        assert_eq!((port("registry.lan:5000", true), port("[2001:db8::1]:5000", false)), (5000, 5000));
        assert_eq!((port("registry.lan", true), port("registry.lan", false)), (80, 443));
        assert_eq!(port("[2001:db8::1]", false), 443);
    }

    #[test]
    fn hosts_are_mirrored_only_where_names_stay() {
        let hosts = || BTreeSet::from(["docker.io".to_owned(), "registry.lan".to_owned()]);
        let mirror = NodeRegistry::new(&registry("registry.lan", ImageMode::Mirror), hosts());
        let docker = NodeMirror { host: "docker.io".to_owned(), path: String::new() };
        assert_eq!((mirror.url.as_str(), mirror.mirrors), ("https://registry.lan", vec![docker]));
        let rewrite = NodeRegistry::new(&registry("registry.lan", ImageMode::Rewrite), hosts());
        assert_eq!(rewrite.mirrors, []);
    }
}
