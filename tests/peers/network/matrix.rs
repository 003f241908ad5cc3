//! What a site declares, worked out from its flows and not from any policy.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use airgap_bundle::spec::Site;
use airgap_bundle::spec::site::{Direction, Labels, NamespaceNetwork, Protocol, SiteFlow, SiteFlowEnd};

use super::peers::{Peer, everyone};

/// One attempt to reach something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub from: Peer,
    pub to: Peer,
    pub port: u16,
    pub protocol: String,
}

fn name(protocol: Protocol) -> String {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
    }
    .to_owned()
}

/// Returns every connection between two who take part, on every port that the site names and on one that it does not.
pub fn matrix(site: &Site) -> Vec<Connection> {
    let ports = site.network.flows.iter().flat_map(|flow| &flow.ports);
    let named = ports.map(|port| (port.port, name(port.protocol)));
    let dns = ["TCP", "UDP"].map(|protocol| (site.network.dns.port, protocol.to_owned()));
    let ports: BTreeSet<_> = named.chain(dns).chain([(9999, "TCP".to_owned())]).collect();
    let everyone = everyone(site);
    let mut connections = Vec::new();
    for from in &everyone {
        for to in everyone.iter().filter(|to| *to != from && !(from.is_outside() && to.is_outside())) {
            for (port, protocol) in &ports {
                let (from, to) = (from.clone(), to.clone());
                connections.push(Connection { from, to, port: *port, protocol: protocol.clone() });
            }
        }
    }
    connections
}

/// Returns whether the site lets a connection through: out of where it begins, and into where it ends. Addresses are of
/// machines outside: to name them as one end opens no namespace, though a pod's own address may lie among them.
pub fn declared(site: &Site, connection: &Connection) -> bool {
    let pods = |end: &SiteFlowEnd| matches!(end, SiteFlowEnd::Pods { .. });
    let flows = || site.network.flows.iter().filter(|flow| fits(flow, connection));
    let out = flows().any(|flow| pods(&flow.from) && flow.only != Some(Direction::Ingress));
    let into = flows().any(|flow| pods(&flow.to) && flow.only != Some(Direction::Egress));
    let dns = asks_dns(site, connection);
    (out || dns || !isolated(site, &connection.from)) && (into || dns || !isolated(site, &connection.to))
}

fn isolated(site: &Site, peer: &Peer) -> bool {
    let closed = site.namespaces.iter().filter(|namespace| namespace.network == NamespaceNetwork::Isolated);
    peer.namespace.as_ref().is_some_and(|name| closed.into_iter().any(|namespace| namespace.name == *name))
}

fn asks_dns(site: &Site, connection: &Connection) -> bool {
    let dns = &site.network.dns;
    let there =
        connection.to.namespace.as_ref() == Some(&dns.namespace) && labelled(&connection.to, &dns.pods);
    there && !connection.from.is_outside() && connection.port == dns.port && connection.protocol != "SCTP"
}

fn fits(flow: &SiteFlow, connection: &Connection) -> bool {
    let port = flow.ports.is_empty()
        || flow
            .ports
            .iter()
            .any(|port| port.port == connection.port && name(port.protocol) == connection.protocol);
    port && is_end(&flow.from, &connection.from) && is_end(&flow.to, &connection.to)
}

fn is_end(end: &SiteFlowEnd, peer: &Peer) -> bool {
    match end {
        SiteFlowEnd::Pods { namespace, pods } => {
            let there = peer.namespace.as_ref().is_some_and(|name| namespace == "*" || namespace == name);
            there && labelled(peer, pods)
        }
        // A range holds pods, too, if their addresses are in it: 0.0.0.0/0 is everyone.
        SiteFlowEnd::Addresses { addresses } => addresses.iter().any(|range| is_in(range, &peer.address)),
    }
}

fn labelled(peer: &Peer, labels: &Labels) -> bool {
    labels.iter().all(|(key, value)| peer.labels.get(key) == Some(value))
}

fn is_in(range: &str, address: &str) -> bool {
    let (first, length) = range.split_once('/').expect("a range");
    let bits = |text: &str| u64::from(text.parse::<Ipv4Addr>().expect("an IPv4 address").to_bits());
    let host = 32 - length.parse::<u32>().expect("a length");
    bits(first) >> host == bits(address) >> host
}
