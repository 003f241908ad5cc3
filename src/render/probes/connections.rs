//! Which connections a site's flows open, and which must stay closed: what live probes try.
//!
//! Only what can be told for sure is listed. Ranges of addresses may or may not cover pods, so a connection that one of them
//! could open is left out; so are ports of UDP and SCTP, where silence tells nothing, and the port of DNS, which every pod
//! may ask. A namespace that the site does not isolate lets everything pass.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::rendered::LiveExpectation;
use crate::spec::Site;
use crate::spec::site::{Direction, Labels, NamespaceNetwork, Protocol, SiteFlow, SiteFlowEnd};

/// The port to try if a flow or a namespace has no port of its own.
const ANY_PORT: u16 = 8080;

// See: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
const NAME: &str = "app.kubernetes.io/name";

/// One connection over TCP that live probes try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::render) struct Connection {
    pub(in crate::render) name: String,
    pub(in crate::render) from: End,
    pub(in crate::render) to: End,
    pub(in crate::render) port: u16,
    pub(in crate::render) expect: LiveExpectation,
}

/// A pod, by what policies see of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in crate::render) struct End {
    pub(in crate::render) namespace: String,
    pub(in crate::render) labels: Labels,
}

/// Returns three connections a flow (itself, reversed, on another port) and two a namespace (into it, out of it), each once.
pub(in crate::render) fn connections(site: &Site) -> Vec<Connection> {
    let mut found: Vec<_> = site.network.flows.iter().flat_map(|flow| of_flow(site, flow)).collect();
    let isolated = site.namespaces.iter().filter(|one| one.network == NamespaceNetwork::Isolated);
    found.extend(isolated.flat_map(|namespace| of_namespace(site, &namespace.name)));
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert((one.from.clone(), one.to.clone(), one.port)));
    found.iter_mut().flat_map(|one| [&mut one.from, &mut one.to]).for_each(|end| end.label(site));
    found
}

impl End {
    /// Adds labels that no flow selects: a name, and those that the site's policies demand of every pod.
    fn label(&mut self, site: &Site) {
        let demanded = site.gatekeeper.policies.iter().flat_map(|policy| &policy.labels);
        for label in demanded.map(String::as_str).chain([NAME]) {
            self.labels.entry(label.to_owned()).or_insert_with(|| "live-probe".to_owned());
        }
    }
}

fn of_flow(site: &Site, flow: &SiteFlow) -> Vec<Connection> {
    let (Some(from), Some(to)) =
        (end(site, &flow.from, namespace_of(&flow.to)), end(site, &flow.to, namespace_of(&flow.from)))
    else {
        return Vec::new();
    };
    let mut tcp = flow.ports.iter().filter(|port| port.protocol == Protocol::Tcp);
    let Some(port) = tcp.next().map(|port| port.port).or(flow.ports.is_empty().then_some(ANY_PORT)) else {
        return Vec::new();
    };
    let try_it = |suffix: String, ends, port, open| {
        connection(site, format!("{}-{suffix}", flow.name), ends, port, open)
    };
    let itself = try_it("is-open".to_owned(), (&from, &to), port, true);
    let reversed = try_it("reversed-is-closed".to_owned(), (&to, &from), port, false);
    let other = port.checked_add(1).unwrap_or(port - 1);
    // Beside a port that is closed as well, it would show nothing.
    let beside = itself
        .as_ref()
        .and_then(|_| try_it(format!("on-port-{other}-is-closed"), (&from, &to), other, false));
    [itself, reversed, beside].into_iter().flatten().collect()
}

fn of_namespace(site: &Site, name: &str) -> Vec<Connection> {
    let end = |namespace: &str| End { namespace: namespace.to_owned(), labels: Labels::new() };
    let inside = end(name);
    let mut others = outsiders(site).into_iter().filter(|other| *other != name);
    let pair = others.find_map(|other| {
        let outside = end(other);
        let into = connection(site, format!("into-{name}-is-closed"), (&outside, &inside), ANY_PORT, false)?;
        let out = connection(site, format!("out-of-{name}-is-closed"), (&inside, &outside), ANY_PORT, false);
        Some([Some(into), out])
    });
    pair.into_iter().flatten().flatten().collect()
}

/// Returns the namespaces that no flow names; `default` is in every cluster.
fn outsiders(site: &Site) -> Vec<&str> {
    let flows = &site.network.flows;
    let named = |name: &str| {
        flows.iter().flat_map(|flow| [&flow.from, &flow.to]).any(|end| namespace_of(end) == Some(name))
    };
    let all = ["default"].into_iter().chain(site.namespaces.iter().map(|one| one.name.as_str()));
    all.filter(|name| !named(name)).collect()
}

/// Returns the connection if the site's flows settle whether it is open.
fn connection(
    site: &Site,
    name: String,
    (from, to): (&End, &End),
    port: u16,
    open: bool,
) -> Option<Connection> {
    let sides = [Direction::Egress, Direction::Ingress].map(|side| passes(site, side, (from, to), port));
    let found =
        if sides.contains(&Some(false)) { Some(false) } else { (!sides.contains(&None)).then_some(true) };
    let expect = if open { LiveExpectation::Open } else { LiveExpectation::Closed };
    let it = Connection { name, from: from.clone(), to: to.clone(), port, expect };
    (found == Some(open) && port != site.network.dns.port).then_some(it)
}

/// Tells whether one side lets a connection pass; `None` if that depends on what an address range covers.
fn passes(site: &Site, side: Direction, (from, to): (&End, &End), port: u16) -> Option<bool> {
    let (near, far) = if side == Direction::Egress { (from, to) } else { (to, from) };
    let is_isolated = |namespace: &crate::spec::site::SiteNamespace| {
        namespace.name == near.namespace && namespace.network == NamespaceNetwork::Isolated
    };
    if !site.namespaces.iter().any(is_isolated) {
        return Some(true);
    }
    let mut unsure = false;
    for flow in site.network.flows.iter().filter(|flow| flow.only.is_none_or(|only| only == side)) {
        let ends = if side == Direction::Egress { (&flow.from, &flow.to) } else { (&flow.to, &flow.from) };
        if !has_port(flow, port) || !selects(ends.0, near) {
            continue;
        }
        if selects(ends.1, far) {
            return Some(true);
        }
        unsure |= namespace_of(ends.1).is_none();
    }
    (!unsure).then_some(false)
}

fn has_port(flow: &SiteFlow, number: u16) -> bool {
    flow.ports.is_empty()
        || flow.ports.iter().any(|port| port.port == number && port.protocol == Protocol::Tcp)
}

fn selects(selector: &SiteFlowEnd, pod: &End) -> bool {
    let SiteFlowEnd::Pods { namespace, pods } = selector else { return false };
    (namespace == "*" || *namespace == pod.namespace)
        && pods.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
}

fn namespace_of(end: &SiteFlowEnd) -> Option<&str> {
    match end {
        SiteFlowEnd::Pods { namespace, .. } => Some(namespace),
        SiteFlowEnd::Addresses { .. } => None,
    }
}

/// Returns a pod that an end of a flow selects; if that may be in any namespace, one that the other end is not in.
fn end(site: &Site, end: &SiteFlowEnd, other: Option<&str>) -> Option<End> {
    let SiteFlowEnd::Pods { namespace, pods } = end else { return None };
    let mut any = site.namespaces.iter().map(|one| one.name.as_str()).chain(["default"]);
    let namespace = if namespace == "*" { any.find(|name| Some(*name) != other)? } else { namespace };
    Some(End { namespace: namespace.to_owned(), labels: pods.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(namespaces: &str, flows: &str) -> Vec<String> {
        let text = format!(
            "apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {{address: r.lan}}\nnamespaces: {namespaces}\nnetwork:\n  flows: {flows}\n"
        );
        let site = Site::parse(&text, "site.yaml").unwrap();
        let line = |one: &Connection| {
            format!("{} {} > {}:{}", one.name, one.from.namespace, one.to.namespace, one.port)
        };
        connections(&site).iter().map(line).collect()
    }

    #[test]
    fn a_flow_is_open_and_what_is_beside_it_is_closed() {
        assert_eq!(
            found(
                "[{name: shop, podSecurity: restricted}]",
                "[{name: web-to-cache, from: {namespace: shop, pods: {app: web}}, to: {namespace: shop, pods: {app: cache}}, ports: [6379]}]"
            ),
            [
                "web-to-cache-is-open shop > shop:6379",
                "web-to-cache-reversed-is-closed shop > shop:6379",
                "web-to-cache-on-port-6380-is-closed shop > shop:6380",
                "into-shop-is-closed default > shop:8080",
                "out-of-shop-is-closed shop > default:8080",
            ]
        );
    }

    #[test]
    fn what_an_open_namespace_lets_pass_is_not_called_closed() {
        let flows = "[{name: f, from: {namespace: there}, to: {namespace: shop}, ports: [80]}]";
        assert_eq!(
            found("[{name: shop, podSecurity: restricted, network: open}]", flows),
            ["f-is-open there > shop:80"]
        );
    }

    #[test]
    fn what_needs_the_other_sides_consent_is_not_called_open() {
        let flows = "[{name: f, from: {namespace: a}, to: {namespace: '*'}, only: egress}]";
        let namespaces = "[{name: a, podSecurity: restricted}, {name: b, podSecurity: restricted}]";
        assert_eq!(
            found(namespaces, flows),
            [
                "f-reversed-is-closed b > a:8080",
                "into-a-is-closed default > a:8080",
                "into-b-is-closed default > b:8080",
                "out-of-b-is-closed b > default:8080",
            ]
        );
    }

    #[test]
    fn ranges_and_udp_are_not_reported() {
        let flows = "[{name: all, from: {namespace: a}, to: {addresses: [0.0.0.0/0]}}, \
             {name: udp, from: {namespace: b}, to: {namespace: a}, ports: [{port: 99, protocol: UDP}]}]";
        let namespaces = "[{name: a, podSecurity: restricted}]";
        assert_eq!(found(namespaces, flows), ["into-a-is-closed default > a:8080"]);
    }
}
