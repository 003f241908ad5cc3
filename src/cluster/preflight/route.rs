//! Whether the nodes can reach the registry, as far as the API server can tell.

use super::nodes::Node;
use crate::reference::is_loopback;
use crate::report::Finding;

/// A loopback address is a node's own. That is fine where there is one node and this is it, or where every node has a
/// registry of its own: then the nodes hold images from there already.
pub(super) fn compare(registry: &str, server: &str, nodes: &[Node]) -> Vec<Finding> {
    let server = server.split_once("://").map_or(server, |(_, host)| host);
    let server = server.split('/').next().unwrap_or_default();
    let elsewhere = nodes.len() > 1 || !is_loopback(server);
    if !is_loopback(registry) || !elsewhere || nodes.iter().any(|node| node.pulled) {
        return Vec::new();
    }
    let found = match nodes.len() {
        0 | 1 => format!("each node asks itself, and the API server is at `{server}`"),
        many => format!("each of the {many} nodes asks itself"),
    };
    vec![
        Finding::warning(format!("registry `{registry}`"), found)
            .expected("an address that means the same machine everywhere")
            .hint("write the registry's name or IP address in the network as `registry.address` into the site file, unless every node has a registry of its own there"),
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
        warning: registry `localhost:5000`: each of the 2 nodes asks itself; expected an address that means the same machine everywhere
          hint: write the registry's name or IP address in the network as `registry.address` into the site file, unless every node has a registry of its own there
        ");
    }
}
