//! Whether the nodes can reach the registry, as far as the API server can tell.

use super::nodes::Node;
use crate::reference::is_loopback;
use crate::report::Finding;

/// A loopback address is a node's own. That is fine if this machine is the only node, or if every node runs its own
/// registry: then the nodes hold images from there already.
pub(super) fn compare(registry: &str, server: &str, nodes: &[Node]) -> Vec<Finding> {
    let server = server.split_once("://").map_or(server, |(_, host)| host);
    let server = server.split('/').next().unwrap_or_default();
    let elsewhere = nodes.len() > 1 || !is_loopback(server);
    if !is_loopback(registry) || !elsewhere || nodes.iter().any(|node| node.pulled) {
        return Vec::new();
    }
    let found = match nodes.len() {
        0 | 1 => format!("each node would connect to itself, and the API server is at `{server}`"),
        many => format!("each of the {many} nodes would connect to itself"),
    };
    vec![
        Finding::warning(format!("registry `{registry}`"), found)
            .expected("an address that every node can reach")
            .hint("set `registry.address` in the site file to the registry's host name or IP address, unless every node runs its own registry there"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::preflight::nodes::node;

    #[test]
    fn a_loopback_registry_is_for_one_machine() {
        let pulled = Node { pulled: true, ..node("b") };
        let (one, two, known) = (vec![node("a")], vec![node("a"), node("b")], vec![node("a"), pulled]);
        for (registry, server, nodes, findings) in [
            ("127.0.0.1:5000", "https://127.0.0.1:6443", &one, 0),
            ("127.0.0.1:5000", "https://10.0.0.1:6443", &one, 1),
            ("localhost:5000", "https://127.0.0.1:6443", &two, 1),
            ("localhost:5000", "https://127.0.0.1:6443", &known, 0),
            ("registry.lan:5000", "https://10.0.0.1:6443", &two, 0),
        ] {
            assert_eq!(compare(registry, server, nodes).len(), findings, "{registry} {server}");
        }
        let found = compare("localhost:5000", "https://127.0.0.1:6443", &two);
        insta::assert_snapshot!(found[0], @r"
        warning: registry `localhost:5000`: each of the 2 nodes would connect to itself; expected an address that every node can reach
          hint: set `registry.address` in the site file to the registry's host name or IP address, unless every node runs its own registry there
        ");
    }
}
