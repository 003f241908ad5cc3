//! Reads the events of an object: what the kubelet, the scheduler and the controllers say about it.

use serde_json::Value;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::json::{list, text};

/// Returns the last warning about an object.
pub(super) async fn last_warning(
    api: &Api,
    namespace: &str,
    kind: &str,
    name: &str,
) -> Result<Option<String>, ClusterError> {
    let events = warnings(api, namespace, kind, name).await?;
    let last = list(&events, "/items").iter().max_by_key(|event| time(event).to_owned());
    Ok(last.map(|event| format!("{}: {}", text(event, "/reason"), text(event, "/message").trim())))
}

/// Returns the last event about an image that could not be pulled, which names the registry's answer.
///
/// See: `FailedToPullImage` in the kubelet's `pkg/kubelet/events/event.go`, and its text in `images/image_manager.go`.
pub(super) async fn pull_failure(
    api: &Api,
    namespace: &str,
    pod: &str,
) -> Result<Option<String>, ClusterError> {
    let events = warnings(api, namespace, "Pod", pod).await?;
    let message = |event: &Value| text(event, "/message").trim().to_owned();
    let failures =
        list(&events, "/items").iter().filter(|event| message(event).starts_with("Failed to pull image "));
    let last = failures.max_by_key(|event| time(event).to_owned()).map(message);
    Ok(last.map(|words| words.trim_start_matches("Failed to pull image ").to_owned()))
}

async fn warnings(api: &Api, namespace: &str, kind: &str, name: &str) -> Result<Value, ClusterError> {
    let path = format!(
        "/api/v1/namespaces/{namespace}/events?limit=50&fieldSelector=involvedObject.kind%3D{kind},involvedObject.name%3D{name},type%3DWarning"
    );
    Ok(api.get(&path).await?.unwrap_or_default())
}

/// Returns when an event was seen last; those of the newer API have only `eventTime`, and `series` when repeated.
fn time(event: &Value) -> &str {
    let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime"];
    times.map(|place| text(event, place)).into_iter().find(|time| !time.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_time_is_found_in_both_forms_of_events() {
        for (event, expected) in [
            (json!({"lastTimestamp": "2026-11-22T10:00:00Z", "eventTime": null}), "2026-11-22T10:00:00Z"),
            (
                json!({"lastTimestamp": null, "eventTime": "2026-11-22T10:00:00.000001Z"}),
                "2026-11-22T10:00:00.000001Z",
            ),
            (
                json!({"eventTime": "2026-11-22T10:00:00Z", "series": {"lastObservedTime": "2026-11-22T11:00:00Z"}}),
                "2026-11-22T11:00:00Z",
            ),
            (json!({}), ""),
        ] {
            assert_eq!(time(&event), expected, "{event}");
        }
    }
}
