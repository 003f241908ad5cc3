//! Reads the site's namespaces.

use super::super::decode::{Decoder, Fields};
use super::super::node::Node;
use super::super::site::{NamespaceNetwork, PodSecurity, SiteNamespace};
use super::names::decode_label;

const NETWORK: &[(&str, NamespaceNetwork)] =
    &[("isolated", NamespaceNetwork::Isolated), ("open", NamespaceNetwork::Open)];
const POD_SECURITY: &[(&str, PodSecurity)] = &[
    ("privileged", PodSecurity::Privileged),
    ("baseline", PodSecurity::Baseline),
    ("restricted", PodSecurity::Restricted),
];

pub(super) fn decode_namespaces(decoder: &mut Decoder, fields: &Fields<'_>) -> Vec<SiteNamespace> {
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
    let fields = decoder.fields(node, "a namespace", &["name", "podSecurity", "network"]);
    let pod_security =
        fields.optional("podSecurity").and_then(|node| decoder.choice(node, "`podSecurity`", POD_SECURITY));
    let network = fields.optional("network").and_then(|node| decoder.choice(node, "`network`", NETWORK));
    let node = fields.required(decoder, "name", "lumen")?;
    Some(SiteNamespace {
        name: decode_label(decoder, node, "a namespace's name")?,
        pod_security: pod_security.unwrap_or_default(),
        network: network.unwrap_or_default(),
    })
}
