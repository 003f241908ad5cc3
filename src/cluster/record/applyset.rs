//! Labels and annotations that make the inventory an ApplySet: other tools can list its members, and leave them alone.
//!
//! Only objects that this tool created are members. Nothing here is read back: the inventory decides what may be deleted.
// See: https://github.com/kubernetes/enhancements/blob/master/keps/sig-cli/3659-kubectl-apply-prune/README.md

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::inventory::{Entry, INVENTORY_NAMESPACE, Inventory, inventory_id};
use crate::digest::Digest;

const ID: &str = "applyset.kubernetes.io/id";
const TOOLING: &str = "applyset.kubernetes.io/tooling";
const GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";

const TOOL: &str = concat!("bundle/v", env!("CARGO_PKG_VERSION"));

/// Returns the id of the one ApplySet that this tool keeps in a cluster.
pub(in crate::cluster) fn id() -> String {
    let parent = inventory_id();
    let group = parent.group();
    let name = format!("{}.{INVENTORY_NAMESPACE}.{}.{group}", parent.name, parent.kind);
    format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(Digest::of(name.as_bytes()).bytes()))
}

/// Writes the labels and annotations of the parent into the inventory's ConfigMap.
pub(in crate::cluster) fn mark(map: &mut Value, inventory: &Inventory) {
    let members = || inventory.entries().filter(|entry| entry.created);
    let namespaces = members().filter_map(|entry| entry.id.namespace.as_deref());
    let namespaces = namespaces.filter(|namespace| *namespace != INVENTORY_NAMESPACE);
    map["metadata"]["labels"][ID] = Value::from(id());
    map["metadata"]["annotations"] = json!({
        TOOLING: TOOL,
        GROUP_KINDS: sorted(members().map(group_kind)),
        NAMESPACES: sorted(namespaces.map(str::to_owned)),
    });
}

fn group_kind(entry: &Entry) -> String {
    match entry.id.group() {
        "" => entry.id.kind.clone(),
        group => format!("{}.{group}", entry.id.kind),
    }
}

fn sorted(names: impl Iterator<Item = String>) -> String {
    names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_one_that_kubectl_computes() {
        // printf 'bundle-revision.bundle-system.ConfigMap.' | openssl dgst -sha256 -binary | basenc --base64url
        assert_eq!(id(), "applyset-SwhJKUwaaz_yYsJTFRHVBM845hMo4Q0vPB1A8AT0NVk-v1");
    }
}
