//! What tests look at in a cluster, real or not.

pub mod audit;
pub mod objects;
pub mod state;

use serde_json::{Value, json};

/// Returns a node that kwok plays, with taints.
#[must_use]
pub fn node(number: usize, taints: &Value) -> Value {
    let name = format!("fake-{number:04}");
    let labels = json!({"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "type": "kwok"});
    let metadata = json!({"name": name, "labels": labels});
    json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": taints}})
}
