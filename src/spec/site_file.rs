//! Reads the operator's `site.yaml`.

use super::cidr::decode_cidrs;
use super::decode::{Decoder, Fields};
use super::node::Node;
use super::registries::decode_certificates;
use super::site::{
    Enforcement, ImageMode, Platform, PodSecurity, Site, SiteGatekeeper, SiteNamespace, SiteRegistry,
};
use super::{API_VERSION, Faults, parse_yaml};
use crate::reference::is_loopback;

const PLATFORMS: &[(&str, Platform)] = &[("k3s", Platform::K3s), ("talos", Platform::Talos)];
const IMAGES: &[(&str, ImageMode)] = &[("mirror", ImageMode::Mirror), ("rewrite", ImageMode::Rewrite)];
const ENFORCEMENT: &[(&str, Enforcement)] =
    &[("warn", Enforcement::Warn), ("dryrun", Enforcement::Dryrun), ("deny", Enforcement::Deny)];
const POD_SECURITY: &[(&str, PodSecurity)] = &[
    ("privileged", PodSecurity::Privileged),
    ("baseline", PodSecurity::Baseline),
    ("restricted", PodSecurity::Restricted),
];

impl Site {
    /// Reads a site file.
    ///
    /// # Errors
    /// [`Faults`] with everything that is wrong in it.
    pub fn parse(text: &str, file: &str) -> Result<Self, Faults> {
        let root = parse_yaml(text, file)?;
        let mut decoder = Decoder::default();
        let site = decode(&mut decoder, &root);
        decoder.finish(file).map_or(Ok(site), Err)
    }
}

fn decode(decoder: &mut Decoder, root: &Node) -> Site {
    let known = ["apiVersion", "kind", "platform", "registry", "gatekeeper", "namespaces"];
    let fields = decoder.fields(root, "a site", &known);
    decoder.constant(&fields, "apiVersion", API_VERSION);
    decoder.constant(&fields, "kind", "Site");
    let platform = fields.optional("platform").and_then(|node| decoder.choice(node, "`platform`", PLATFORMS));
    let registry = fields.required(decoder, "registry", "{address: registry.lan:5000}");
    let registry = registry.map(|node| decode_registry(decoder, node));
    let gatekeeper = fields.optional("gatekeeper").map(|node| decode_gatekeeper(decoder, node));
    Site {
        platform,
        registry: registry.unwrap_or_default(),
        gatekeeper: gatekeeper.unwrap_or_default(),
        namespaces: decode_namespaces(decoder, &fields),
    }
}

fn decode_registry(decoder: &mut Decoder, node: &Node) -> SiteRegistry {
    let known = [
        "address",
        "podAddress",
        "addresses",
        "images",
        "plainHttp",
        "prefix",
        "ca",
        "clientCertificate",
        "clientKey",
    ];
    let fields = decoder.fields(node, "`registry`", &known);
    let address = fields.required(decoder, "address", "registry.lan:5000");
    let address = address.and_then(|node| decode_address(decoder, node, "`address`")).unwrap_or_default();
    let pod_address = fields.optional("podAddress").and_then(|node| decode_pod_address(decoder, node));
    let addresses = fields.optional("addresses");
    let images = fields.optional("images").and_then(|node| decoder.choice(node, "`images`", IMAGES));
    let plain_http = fields.optional("plainHttp").and_then(|node| decoder.boolean(node, "`plainHttp`"));
    let prefix = fields.optional("prefix").and_then(|node| decode_prefix(decoder, node));
    let certificates = decode_certificates(decoder, &fields);
    SiteRegistry {
        pod_address,
        addresses: addresses.map(|node| decode_cidrs(decoder, node, "`addresses`")).unwrap_or_default(),
        address,
        images: images.unwrap_or_default(),
        plain_http: plain_http.or(certificates.are_given().then_some(false)),
        prefix: prefix.unwrap_or_default(),
        certificates,
    }
}

fn decode_address(decoder: &mut Decoder, node: &Node, what: &str) -> Option<String> {
    let address = decoder.text(node, what)?;
    if is_host(&address) {
        return Some(address);
    }
    let hint = "write host and port, without `http://` and without a path: registry.lan:5000";
    decoder.fault(node.place, format!("`{address}` is not the address of a registry"), hint);
    None
}

fn decode_pod_address(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let address = decode_address(decoder, node, "`podAddress`")?;
    if is_loopback(&address) {
        let message = format!("pods cannot reach the registry at `{address}`: there it is the pod itself");
        decoder.fault(node.place, message, "write the name or address that the node has for its pods");
    }
    Some(address)
}

/// Returns whether the text is a host name or address, with an optional port.
#[must_use]
pub fn is_host(text: &str) -> bool {
    // An address with its scheme in front would pass for the host `http` with an empty port.
    !text.is_empty()
        && !text.ends_with(':')
        && format!("http://{text}/").parse::<http::Uri>().is_ok_and(|uri| {
            uri.authority().is_some_and(|authority| authority == text && !text.contains('@'))
        })
}

fn decode_prefix(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let prefix = decoder.text(node, "`prefix`")?;
    if format!("registry.example/{prefix}/name").parse::<crate::reference::ImageRef>().is_ok() {
        return Some(prefix);
    }
    let hint = "write lower-case path parts without slashes at the ends: mirror/security";
    decoder.fault(node.place, format!("`{prefix}` cannot stand before a repository's name"), hint);
    None
}

fn decode_gatekeeper(decoder: &mut Decoder, node: &Node) -> SiteGatekeeper {
    let fields = decoder.fields(node, "`gatekeeper`", &["enforcement", "exemptNamespaces", "exemptImages"]);
    let enforcement =
        fields.optional("enforcement").and_then(|node| decoder.choice(node, "`enforcement`", ENFORCEMENT));
    SiteGatekeeper {
        enforcement: enforcement.unwrap_or_default(),
        exempt_namespaces: optional_texts(decoder, &fields, "exemptNamespaces"),
        exempt_images: optional_texts(decoder, &fields, "exemptImages"),
    }
}

fn optional_texts(decoder: &mut Decoder, fields: &Fields<'_>, name: &str) -> Vec<String> {
    fields.optional(name).map(|node| decoder.texts(node, &format!("`{name}`"))).unwrap_or_default()
}

fn decode_namespaces(decoder: &mut Decoder, fields: &Fields<'_>) -> Vec<SiteNamespace> {
    let mut namespaces: Vec<SiteNamespace> = Vec::new();
    let items =
        fields.optional("namespaces").map(|node| decoder.list(node, "`namespaces`")).unwrap_or_default();
    for node in items {
        let Some(namespace) = decode_namespace(decoder, node) else { continue };
        if namespaces.iter().any(|other| other.name == namespace.name) {
            let message = format!("namespace `{}` is listed twice", namespace.name);
            decoder.fault(node.place, message, "keep one of the two");
        }
        namespaces.push(namespace);
    }
    namespaces
}

fn decode_namespace(decoder: &mut Decoder, node: &Node) -> Option<SiteNamespace> {
    let fields = decoder.fields(node, "a namespace", &["name", "podSecurity"]);
    let pod_security =
        fields.optional("podSecurity").and_then(|node| decoder.choice(node, "`podSecurity`", POD_SECURITY));
    let node = fields.required(decoder, "name", "lumen")?;
    let name = decoder.text(node, "`name`")?;
    if !is_label(&name) {
        let hint = "use lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends";
        decoder.fault(node.place, format!("`{name}` is not a namespace's name"), hint);
    }
    Some(SiteNamespace { name, pod_security: pod_security.unwrap_or_default() })
}

// See: RFC 1123 labels, as Kubernetes demands them of a namespace
fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 63
        && !text.is_empty()
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_site_is_found_in_one_go() {
        let text = "apiVersion: bundle/v1\nkind: Site\nplatform: k8s\nregistry: {address: 'http://x/', imgaes: mirror}\nnamespaces: [{name: A}, {podSecurity: strict}]\n";
        let faults = Site::parse(text, "site.yaml").expect_err("faults");
        insta::assert_snapshot!(faults, @r"
            `site.yaml` has 7 faults
              site.yaml:1:13: `apiVersion` must be `bundle/v1alpha1`, found `bundle/v1`
                hint: write `apiVersion: bundle/v1alpha1`
              site.yaml:3:11: `platform` cannot be `k8s`
                hint: write one of: k3s, talos
              site.yaml:4:21: `http://x/` is not the address of a registry
                hint: write host and port, without `http://` and without a path: registry.lan:5000
              site.yaml:4:34: unknown field `imgaes` in `registry`
                hint: did you mean `images`?
              site.yaml:5:21: `A` is not a namespace's name
                hint: use lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends
              site.yaml:5:25: a namespace lacks `name`
                hint: add `name: lumen`
              site.yaml:5:39: `podSecurity` cannot be `strict`
                hint: write one of: privileged, baseline, restricted
            ");
    }

    #[test]
    fn a_registry_says_how_pods_reach_it() {
        let site = |registry: &str| {
            let text = format!("apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {registry}\n");
            Site::parse(&text, "site.yaml").map(|site| site.registry)
        };
        let registry =
            site("{address: 'localhost:5000', podAddress: '192.168.2.2:5000', addresses: [192.168.2.2/32]}");
        let registry = registry.expect("a site");
        assert_eq!(registry.pod_address.as_deref(), Some("192.168.2.2:5000"));
        assert_eq!(registry.addresses, ["192.168.2.2/32"]);
        let faults = site("{address: a.lan, podAddress: '127.0.0.1:5000', addresses: [10.0.0.5/8, x]}");
        insta::assert_snapshot!(faults.expect_err("faults"), @r"
            `site.yaml` has 3 faults
              site.yaml:3:40: pods cannot reach the registry at `127.0.0.1:5000`: there it is the pod itself
                hint: write the name or address that the node has for its pods
              site.yaml:3:70: `10.0.0.5/8` is not a range of IP addresses
                hint: write the whole range as 10.0.0.0/8, or the one address as 10.0.0.5/32
              site.yaml:3:82: `x` is not a range of IP addresses
                hint: write addresses with the length of their prefix: 10.0.0.0/24, 10.0.0.5/32, fd00::/8
            ");
    }

    #[test]
    fn the_smallest_site_has_safe_defaults() {
        let site = Site::parse(
            "apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {address: 'registry.lan:5000'}\n",
            "site.yaml",
        );
        let registry = SiteRegistry { address: "registry.lan:5000".into(), ..SiteRegistry::default() };
        assert_eq!(
            site,
            Ok(Site {
                platform: None,
                registry,
                gatekeeper: SiteGatekeeper::default(),
                namespaces: Vec::new()
            })
        );
    }
}
