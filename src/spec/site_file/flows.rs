//! Reads what may talk to what.

use super::super::decode::Decoder;
use super::super::node::{Node, Value};
use super::super::site::{Direction, Protocol, SiteFlow, SiteFlowEnd, SitePort};
use super::cidr::decode_cidrs;
use super::names::{decode_label, decode_labels};

const PROTOCOLS: &[(&str, Protocol)] =
    &[("TCP", Protocol::Tcp), ("UDP", Protocol::Udp), ("SCTP", Protocol::Sctp)];
const DIRECTIONS: &[(&str, Direction)] = &[("ingress", Direction::Ingress), ("egress", Direction::Egress)];

pub(super) fn decode_flows(decoder: &mut Decoder, node: &Node) -> Vec<SiteFlow> {
    let mut flows: Vec<SiteFlow> = Vec::new();
    for node in decoder.list(node, "`flows`") {
        let Some(flow) = decode_flow(decoder, node) else { continue };
        if flows.iter().any(|other| other.name == flow.name) {
            decoder.fault(
                node.place,
                format!("flow `{}` is listed twice", flow.name),
                "give one of the two another name",
            );
        }
        flows.push(flow);
    }
    flows
}

fn decode_flow(decoder: &mut Decoder, node: &Node) -> Option<SiteFlow> {
    let fields = decoder.fields(node, "a flow", &["name", "from", "to", "ports", "only"]);
    let name = fields.required(decoder, "name", "api-to-redis");
    let name = name.and_then(|node| decode_label(decoder, node, "a flow's name"));
    let mut end = |field: &str| {
        let node = fields.required(decoder, field, "{namespace: lumen, pods: {app: redis}}")?;
        decode_end(decoder, node, &format!("`{field}`"))
    };
    let (from, to) = (end("from"), end("to"));
    let ports = fields.optional("ports").map(|node| decode_ports(decoder, node)).unwrap_or_default();
    let only = fields.optional("only").and_then(|node| decoder.choice(node, "`only`", DIRECTIONS));
    Some(SiteFlow { name: name?, from: from?, to: to?, ports, only })
}

fn decode_end(decoder: &mut Decoder, node: &Node, what: &str) -> Option<SiteFlowEnd> {
    let fields = decoder.fields(node, what, &["namespace", "pods", "addresses"]);
    let (namespace, pods, addresses) =
        (fields.optional("namespace"), fields.optional("pods"), fields.optional("addresses"));
    match (namespace, pods, addresses) {
        (Some(namespace), pods, None) => {
            let pods = pods.map(|node| decode_labels(decoder, node)).unwrap_or_default();
            let every = matches!(&namespace.value, Value::Text(text) if text == "*");
            let name = if every {
                Some("*".to_owned())
            } else {
                decode_label(decoder, namespace, "a namespace's name or `*`")
            };
            name.map(|namespace| SiteFlowEnd::Pods { namespace, pods })
        }
        (None, None, Some(node)) => {
            let addresses = decode_cidrs(decoder, node, "`addresses`");
            if matches!(&node.value, Value::List(items) if items.is_empty()) {
                decoder.fault(
                    node.place,
                    "`addresses` is empty",
                    "write ranges; 0.0.0.0/0 and ::/0 are any address",
                );
            }
            Some(SiteFlowEnd::Addresses { addresses })
        }
        _ if matches!(node.value, Value::Map(_)) => {
            let hint = "write {namespace: lumen, pods: {app: redis}}, or {addresses: [0.0.0.0/0]}";
            decoder.fault(fields.place(), format!("{what} is either pods of a namespace or addresses"), hint);
            None
        }
        _ => None,
    }
}

fn decode_ports(decoder: &mut Decoder, node: &Node) -> Vec<SitePort> {
    let items = decoder.list(node, "`ports`");
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        decoder.fault(node.place, "`ports` is empty", "name some, or leave `ports` out for every port");
    }
    let mut ports = Vec::new();
    for node in items {
        let Some(port) = decode_port(decoder, node) else { continue };
        if ports.contains(&port) {
            decoder.fault(node.place, format!("port {} is listed twice", port.port), "keep one of the two");
        }
        ports.push(port);
    }
    ports
}

fn decode_port(decoder: &mut Decoder, node: &Node) -> Option<SitePort> {
    if !matches!(node.value, Value::Map(_)) {
        return port(decoder, node).map(|port| SitePort { port, protocol: Protocol::Tcp });
    }
    let fields = decoder.fields(node, "a port", &["port", "protocol"]);
    let port = fields.required(decoder, "port", "53").and_then(|node| port(decoder, node));
    let protocol = match fields.optional("protocol") {
        Some(node) => decoder.choice(node, "`protocol`", PROTOCOLS),
        None => Some(Protocol::Tcp),
    };
    Some(SitePort { port: port?, protocol: protocol? })
}

/// Reads a port.
pub(super) fn port(decoder: &mut Decoder, node: &Node) -> Option<u16> {
    let text = decoder.text(node, "a port")?;
    let number = text.parse().ok().filter(|port| *port > 0);
    if number.is_none() {
        decoder.fault(node.place, format!("`{text}` is not a port"), "write a number from 1 to 65535");
    }
    number
}
