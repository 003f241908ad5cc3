//! Asks cyclonus which connections a set of policies lets through. It reads files and needs no cluster.

use serde_json::{Value, json};

use super::matrix::Connection;
use super::peers::Peer;
use bundle_testing::programs::Programs;

/// Returns of each connection whether it is let through.
pub fn allowed(programs: &Programs, policies: &[Value], connections: &[Connection]) -> Vec<bool> {
    let folder = tempfile::tempdir().expect("a folder");
    let list = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": policies});
    let traffic: Vec<_> = connections.iter().map(traffic).collect();
    let write = |name: &str, value: &Value| {
        std::fs::write(folder.path().join(name), value.to_string()).expect("a file");
    };
    write("policies.yaml", &list);
    write("traffic.json", &traffic.into());
    let files = ["--policy-path", "policies.yaml", "--traffic-path", "traffic.json"];
    let arguments = ["analyze", "--mode", "query-traffic"];
    let said = programs.run("cyclonus", folder.path(), &[&arguments[..], &files].concat()).ok();
    let verdicts = said.lines().filter_map(|line| line.strip_prefix("| IS ALLOWED? |"));
    let verdicts: Vec<_> = verdicts.map(|line| verdict(line.split('|').next().unwrap_or(line))).collect();
    assert_eq!(verdicts.len(), connections.len(), "one verdict a connection");
    verdicts
}

fn verdict(text: &str) -> bool {
    match text.trim() {
        "TRUE" => true,
        "FALSE" => false,
        other => panic!("`{other}` is no verdict"),
    }
}

fn traffic(connection: &Connection) -> Value {
    json!({
        "Source": peer(&connection.from),
        "Destination": peer(&connection.to),
        "Protocol": connection.protocol,
        "ResolvedPort": connection.port,
    })
}

fn peer(peer: &Peer) -> Value {
    let Some(namespace) = &peer.namespace else { return json!({"IP": peer.address}) };
    // As the API server labels every namespace.
    let labels = json!({"kubernetes.io/metadata.name": namespace});
    let internal = json!({"PodLabels": peer.labels, "NamespaceLabels": labels, "Namespace": namespace});
    json!({"IP": peer.address, "Internal": internal})
}
