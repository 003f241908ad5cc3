//! Reads the site's registry.

use super::super::certificates::decode_certificates;
use super::super::decode::Decoder;
use super::super::host::is_host;
use super::super::host_paths::HostPaths;
use super::super::node::{Node, Value};
use super::super::site::{ImageMode, SiteRegistry};
use super::cidr::decode_cidrs;
use crate::reference::is_loopback;

const IMAGES: &[(&str, ImageMode)] = &[("mirror", ImageMode::Mirror), ("rewrite", ImageMode::Rewrite)];

pub(super) fn decode_registry(decoder: &mut Decoder, node: &Node) -> SiteRegistry {
    let known = [
        "address",
        "podAddress",
        "addresses",
        "images",
        "plainHttp",
        "prefix",
        "paths",
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
    let paths = fields.optional("paths").map(|node| decode_paths(decoder, node));
    let certificates = decode_certificates(decoder, &fields);
    SiteRegistry {
        pod_address: pod_address.or_else(|| Some(address.clone())),
        addresses: addresses.map(|node| decode_cidrs(decoder, node, "`addresses`")).unwrap_or_default(),
        address,
        images: images.unwrap_or_default(),
        plain_http: plain_http.or(certificates.are_given().then_some(false)),
        prefix: prefix.unwrap_or_default(),
        paths: paths.unwrap_or_default(),
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
        let message = format!(
            "pods cannot reach the registry at `{address}`: for a pod that address is the pod itself"
        );
        decoder.fault(node.place, message, "write a name or address of the node that pods can reach");
    }
    Some(address)
}

fn decode_prefix(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let prefix = decoder.text(node, "`prefix`")?;
    if format!("registry.example/{prefix}/name").parse::<crate::reference::ImageRef>().is_ok() {
        return Some(prefix);
    }
    let hint = "write lower-case path parts without slashes at the ends: mirror/security";
    decoder.fault(node.place, format!("`{prefix}` cannot be a prefix of a repository's name"), hint);
    None
}

fn decode_paths(decoder: &mut Decoder, node: &Node) -> HostPaths {
    let mut paths = HostPaths::default();
    let Value::Map(entries) = &node.value else {
        decoder.fields(node, "`paths`", &[]);
        return paths;
    };
    for (host, node) in entries {
        let Some(path) = decoder.text(node, "a path") else { continue };
        if let Err(refused) = paths.add(&host.name, &path) {
            decoder.fault(host.place, refused.to_string(), refused.hint());
        }
    }
    paths
}
