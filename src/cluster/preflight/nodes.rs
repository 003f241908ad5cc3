//! Reads the nodes, page by page, and keeps the fields that the checks need.

use serde_json::Value;

use super::query::Query;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::json::{list, text};

/// How many nodes are named before the rest is only counted.
const NAMED: usize = 5;

/// A node, as far as the checks need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: String,
    /// `linux`.
    pub(super) system: String,
    /// As Go calls it: `arm64`.
    pub(super) architecture: String,
    /// `6.12.41`, with whatever a distribution adds.
    pub(super) kernel: String,
    /// `v1.34.1+k3s1`.
    pub(super) kubelet: String,
    /// `Talos (v1.13.0)`.
    pub(super) image: String,
    /// `containerd://2.1.4-k3s1`.
    pub(super) runtime: String,
    /// Whether it holds an image that came from the site's registry, under its name.
    pub(super) pulled: bool,
}

impl Node {
    /// Takes a node as the API server sends it.
    // See: Kubernetes API, NodeSystemInfo and ContainerImage
    pub(super) fn of(node: &Value, registry: &str) -> Self {
        let info = |field: &str| text(node, &format!("/status/nodeInfo/{field}")).to_owned();
        let from = format!("{registry}/");
        let mut images = list(node, "/status/images").iter().flat_map(|image| list(image, "/names"));
        Self {
            name: text(node, "/metadata/name").to_owned(),
            system: info("operatingSystem"),
            architecture: info("architecture"),
            kernel: info("kernelVersion"),
            kubelet: info("kubeletVersion"),
            image: info("osImage"),
            runtime: info("containerRuntimeVersion"),
            pulled: images.any(|name| name.as_str().is_some_and(|name| name.starts_with(&from))),
        }
    }
}

/// Reads all nodes.
pub(super) async fn read(query: Query<'_>) -> Result<Vec<Node>, ClusterError> {
    let mut nodes = Vec::new();
    let keep = |node: &Value| {
        nodes.push(Node::of(node, query.intent.registry));
        None::<()>
    };
    query.api.find_selected("/api/v1/nodes", ("", ""), keep).await?;
    Ok(nodes)
}

/// Names the matching nodes, at most five of them by name; `None` if there are none.
pub(super) fn those<'a>(
    nodes: impl IntoIterator<Item = &'a Node>,
    are: impl Fn(&Node) -> bool,
) -> Option<String> {
    let names = nodes.into_iter().filter(|node| are(node)).map(|node| node.name.as_str()).collect();
    subject(names)
}

/// Says `node `a``, `nodes `a`, `b``, or `nodes `a`, … and 3 more`.
fn subject(names: Vec<&str>) -> Option<String> {
    let more = names.len().saturating_sub(NAMED);
    let named: Vec<_> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => None,
        1 => Some(format!("node {}", named.join(""))),
        _ if more == 0 => Some(format!("nodes {}", named.join(", "))),
        _ => Some(format!("nodes {} and {more} more", named.join(", "))),
    }
}

#[cfg(test)]
pub(super) fn node(name: &str) -> Node {
    Node {
        name: name.into(),
        system: "linux".into(),
        architecture: "amd64".into(),
        kernel: "6.12.41".into(),
        kubelet: "v1.34.4+k3s1".into(),
        image: "Debian GNU/Linux 12 (bookworm)".into(),
        runtime: "containerd://2.1.4-k3s1".into(),
        pulled: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_node_is_read_and_a_bare_one_is_no_fault() {
        let info = json!({
            "operatingSystem": "linux", "architecture": "amd64", "kernelVersion": "6.12.41",
            "kubeletVersion": "v1.34.4+k3s1", "osImage": "Debian GNU/Linux 12 (bookworm)",
            "containerRuntimeVersion": "containerd://2.1.4-k3s1",
        });
        let mut value = json!({"metadata": {"name": "a"}, "status": {"nodeInfo": info}});
        assert_eq!(Node::of(&value, "registry.lan:5000"), node("a"));
        value["status"]["images"] = json!([{"names": ["registry.lan:5000/a/b@sha256:0"]}]);
        assert!(Node::of(&value, "registry.lan:5000").pulled);
        assert!(!Node::of(&value, "registry.lan").pulled);
        assert_eq!(Node::of(&json!({}), "registry.lan"), Node::default());
    }

    #[test]
    fn many_nodes_are_counted() {
        assert_eq!(subject(vec![]), None);
        assert_eq!(subject(vec!["a"]).as_deref(), Some("node `a`"));
        assert_eq!(subject(vec!["a", "b"]).as_deref(), Some("nodes `a`, `b`"));
        let many = subject(vec!["a", "b", "c", "d", "e", "f", "g"]);
        assert_eq!(many.as_deref(), Some("nodes `a`, `b`, `c`, `d`, `e` and 2 more"));
    }
}
