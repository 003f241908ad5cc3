//! Reads who may talk to whom.

use super::super::decode::{Decoder, Fields};
use super::super::node::Node;
use super::super::site::{Labels, SiteApiServer, SiteDns, SiteNetwork, SitePods};
use super::cidr::decode_cidrs;
use super::flows::{decode_flows, port};
use super::names::{decode_label, decode_labels};

pub(super) fn decode_network(decoder: &mut Decoder, node: &Node) -> SiteNetwork {
    let fields = decoder.fields(node, "`network`", &["apiServer", "dns", "prometheus", "flows"]);
    SiteNetwork {
        api_server: fields.optional("apiServer").map(|node| api_server(decoder, node)).unwrap_or_default(),
        dns: fields.optional("dns").map(|node| dns(decoder, node)).unwrap_or_default(),
        prometheus: fields.optional("prometheus").map(|node| prometheus(decoder, node)).unwrap_or_default(),
        flows: fields.optional("flows").map(|node| decode_flows(decoder, node)).unwrap_or_default(),
    }
}

fn api_server(decoder: &mut Decoder, node: &Node) -> SiteApiServer {
    let fields = decoder.fields(node, "`apiServer`", &["addresses", "port"]);
    let default = SiteApiServer::default();
    let addresses = fields.optional("addresses");
    SiteApiServer {
        addresses: addresses.map(|node| decode_cidrs(decoder, node, "`addresses`")).unwrap_or_default(),
        port: port_field(decoder, &fields).unwrap_or(default.port),
    }
}

fn dns(decoder: &mut Decoder, node: &Node) -> SiteDns {
    let fields = decoder.fields(node, "`dns`", &["namespace", "pods", "port"]);
    let default = SiteDns::default();
    let (namespace, pods) = pods_of(decoder, &fields);
    SiteDns {
        namespace: namespace.unwrap_or(default.namespace),
        pods: pods.unwrap_or(default.pods),
        port: port_field(decoder, &fields).unwrap_or(default.port),
    }
}

fn prometheus(decoder: &mut Decoder, node: &Node) -> SitePods {
    let fields = decoder.fields(node, "`prometheus`", &["namespace", "pods"]);
    let default = SitePods::default();
    let (namespace, pods) = pods_of(decoder, &fields);
    SitePods { namespace: namespace.unwrap_or(default.namespace), pods: pods.unwrap_or(default.pods) }
}

fn pods_of(decoder: &mut Decoder, fields: &Fields<'_>) -> (Option<String>, Option<Labels>) {
    let namespace = fields.optional("namespace");
    let namespace = namespace.and_then(|node| decode_label(decoder, node, "a namespace's name"));
    (namespace, fields.optional("pods").map(|node| decode_labels(decoder, node)))
}

fn port_field(decoder: &mut Decoder, fields: &Fields<'_>) -> Option<u16> {
    fields.optional("port").and_then(|node| port(decoder, node))
}
