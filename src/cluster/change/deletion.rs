//! Objects that are being deleted: what blocks that, and the next step.

use std::time::Duration;

use serde_json::Value;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::{condition, list, text};

/// The conditions that name what blocks the deletion of a namespace.
/// See: `NamespaceConditionType` in `staging/src/k8s.io/api/core/v1/types.go` of Kubernetes.
const NAMESPACE_CONDITIONS: [&str; 5] = [
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
];

/// Asks what holds an object that is being deleted.
///
/// # Errors
///
/// When the API server cannot be asked.
pub(in crate::cluster) async fn held(api: &Api, id: &ObjectId) -> Result<String, ClusterError> {
    Ok(api.get(&id.path()).await?.map(|object| hold(&object)).unwrap_or_default())
}

/// Says what holds an object that is being deleted: ` (held by example.com/finalizer)`.
pub(in crate::cluster) fn hold(object: &Value) -> String {
    let remaining = NAMESPACE_CONDITIONS
        .iter()
        .filter_map(|kind| condition(object, kind))
        .find(|condition| text(condition, "/status") == "True");
    if let Some(remaining) = remaining {
        return format!(" (held by its contents: {})", text(remaining, "/message"));
    }
    let finalizers: Vec<&str> =
        list(object, "/metadata/finalizers").iter().filter_map(Value::as_str).collect();
    if finalizers.is_empty() { String::new() } else { format!(" (held by {})", finalizers.join(", ")) }
}

/// Says that an object is still being deleted when the time is up.
pub(in crate::cluster) fn still_deleting(id: &ObjectId, held: String, waited: Duration) -> ClusterError {
    ClusterError::StillDeleting { object: Box::new(id.clone()), waited, held, hint: next_step(id) }
}

/// Returns the next step if an object is not deleted.
pub(in crate::cluster) fn next_step(id: &ObjectId) -> String {
    let place = id.namespace.as_ref().map(|name| format!(" -n {name}")).unwrap_or_default();
    let show = format!("`kubectl{place} get {} {} -o yaml`", id.kind.to_lowercase(), id.name);
    match id.kind.as_str() {
        "Namespace" => format!(
            "{show} shows under `status.conditions` what blocks that; then run the same command again"
        ),
        _ => format!(
            "the controllers that own its finalizers must run to remove them ({show} shows them); then run the same command again"
        ),
    }
}
