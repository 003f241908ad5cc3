//! Finds out why a workload is not ready: from its pods, from the events of a pod, from its own conditions.

use serde_json::Value;

use super::api::Api;
use super::condition::condition;
use super::error::ClusterError;
use super::object::{list, number, text};

/// Returns why a workload is not ready, as far as it can be told.
///
/// # Errors
///
/// When the API server cannot be asked.
pub(super) async fn reason(api: &Api, workload: &Value) -> Result<Option<String>, ClusterError> {
    let namespace = text(workload, "/metadata/namespace");
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    let selector = selector(workload);
    let mut soft = None;
    let hard = api
        .find_selected(&path, &selector, |pod| match pod_problem(pod) {
            Some(Problem::Hard(words)) => Some(format!("pod {}: {words}", text(pod, "/metadata/name"))),
            Some(Problem::Soft(words)) => {
                soft.get_or_insert((text(pod, "/metadata/name").to_owned(), words));
                None
            }
            None => None,
        })
        .await?;
    match (hard, soft) {
        (Some(hard), _) => Ok(Some(hard)),
        (None, Some((pod, words))) => {
            let event = last_warning(api, namespace, "Pod", &pod).await?;
            Ok(Some(format!("pod {pod}: {}", event.unwrap_or(words))))
        }
        (None, None) => own_reason(api, workload).await,
    }
}

/// Returns why there are no pods at all: a quota, a policy, a missing account.
async fn own_reason(api: &Api, workload: &Value) -> Result<Option<String>, ClusterError> {
    if let Some(failure) = condition(workload, "ReplicaFailure").filter(|it| text(it, "/status") == "True") {
        return Ok(Some(format!("{}: {}", text(failure, "/reason"), text(failure, "/message"))));
    }
    let [namespace, kind, name] =
        ["/metadata/namespace", "/kind", "/metadata/name"].map(|pointer| text(workload, pointer));
    last_warning(api, namespace, kind, name).await
}

async fn last_warning(
    api: &Api,
    namespace: &str,
    kind: &str,
    name: &str,
) -> Result<Option<String>, ClusterError> {
    let path = format!(
        "/api/v1/namespaces/{namespace}/events?limit=50&fieldSelector=involvedObject.kind%3D{kind},involvedObject.name%3D{name},type%3DWarning"
    );
    let events = api.get(&path).await?.unwrap_or_default();
    let last = list(&events, "/items").iter().max_by_key(|event| text(event, "/lastTimestamp").to_owned());
    Ok(last.map(|event| format!("{}: {}", text(event, "/reason"), text(event, "/message").trim())))
}

/// Writes the selector of a workload as a query has it.
fn selector(workload: &Value) -> String {
    let mut terms = Vec::new();
    for (key, value) in
        workload.pointer("/spec/selector/matchLabels").and_then(Value::as_object).into_iter().flatten()
    {
        terms.push(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    for expression in list(workload, "/spec/selector/matchExpressions") {
        let key = text(expression, "/key");
        let values =
            list(expression, "/values").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",");
        terms.push(match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}

/// What is wrong with a pod: something that tells the cause, or only that it is not ready.
#[derive(Debug, PartialEq, Eq)]
enum Problem {
    Hard(String),
    Soft(String),
}

fn pod_problem(pod: &Value) -> Option<Problem> {
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        return None;
    }
    if let Some(scheduled) = condition(pod, "PodScheduled").filter(|it| text(it, "/status") == "False") {
        return Some(Problem::Hard(format!(
            "{}: {}",
            text(scheduled, "/reason"),
            text(scheduled, "/message")
        )));
    }
    let containers =
        list(pod, "/status/initContainerStatuses").iter().chain(list(pod, "/status/containerStatuses"));
    if let Some(words) = containers.filter_map(container_problem).next() {
        return Some(Problem::Hard(words));
    }
    let ready = condition(pod, "Ready").is_some_and(|it| text(it, "/status") == "True");
    (!ready).then(|| Problem::Soft(not_ready(pod)))
}

fn not_ready(pod: &Value) -> String {
    match condition(pod, "Ready") {
        Some(ready) if !text(ready, "/message").is_empty() => text(ready, "/message").to_owned(),
        _ => format!("phase {}", text(pod, "/status/phase")),
    }
}

fn container_problem(status: &Value) -> Option<String> {
    let (name, image) = (text(status, "/name"), text(status, "/image"));
    let (reason, message) = (text(status, "/state/waiting/reason"), text(status, "/state/waiting/message"));
    match reason {
        "" => container_exit(status, "/state/terminated").map(|exit| format!("container {name}: {exit}")),
        "ContainerCreating" | "PodInitializing" => None,
        reason if is_image_problem(reason) => Some(format!("image `{image}`: {reason}: {message}")),
        reason => {
            let exit = container_exit(status, "/lastState/terminated").map(|exit| format!(" ({exit})"));
            Some(format!("container {name}: {reason}: {message}{}", exit.unwrap_or_default()))
        }
    }
}

fn container_exit(status: &Value, place: &str) -> Option<String> {
    let exit = status.pointer(place).filter(|exit| number(exit, "/exitCode") != 0)?;
    let message = text(exit, "/message").trim();
    let colon = if message.is_empty() { "" } else { ": " };
    Some(format!("{}, exit code {}{colon}{message}", text(exit, "/reason"), number(exit, "/exitCode")))
}

/// See: the kubelet's `pkg/kubelet/images/types.go`.
pub(super) fn is_image_problem(reason: &str) -> bool {
    [
        "ErrImage",
        "ImagePull",
        "ImageInspect",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidation",
    ]
    .iter()
    .any(|start| reason.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(container: Value) -> Value {
        json!({"status": {"phase": "Pending", "containerStatuses": [container]}})
    }

    #[test]
    fn pods_tell_their_problem() {
        let hard = |words: &str| Some(Problem::Hard(words.to_owned()));
        let image = "registry.lan/x:1";
        for (pod, expected) in [
            (
                pod(json!({"name": "a", "image": image, "state": {"waiting":
                    {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry.lan/x:1\""}}})),
                hard(
                    "image `registry.lan/x:1`: ImagePullBackOff: Back-off pulling image \"registry.lan/x:1\"",
                ),
            ),
            (
                pod(json!({"name": "a", "image": image,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                    "lastState": {"terminated": {"reason": "Error", "exitCode": 2}}})),
                hard("container a: CrashLoopBackOff: back-off 10s (Error, exit code 2)"),
            ),
            (
                pod(json!({"name": "a", "image": image, "state": {"terminated":
                    {"reason": "OOMKilled", "exitCode": 137, "message": "too much\n"}}})),
                hard("container a: OOMKilled, exit code 137: too much"),
            ),
            (
                json!({"status": {"conditions": [{"type": "PodScheduled", "status": "False",
                    "reason": "Unschedulable", "message": "0/1 nodes are available"}]}}),
                hard("Unschedulable: 0/1 nodes are available"),
            ),
            (
                pod(json!({"name": "a", "state": {"waiting": {"reason": "ContainerCreating"}}})),
                Some(Problem::Soft("phase Pending".into())),
            ),
            (json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}), None),
            (json!({"metadata": {"deletionTimestamp": "2026-11-22T00:00:00Z"}}), None),
        ] {
            assert_eq!(pod_problem(&pod), expected, "{pod}");
        }
    }

    #[test]
    fn selectors_are_written_as_queries_have_them() {
        let workload = json!({"spec": {"selector": {"matchLabels": {"a": "b"}, "matchExpressions": [
            {"key": "c", "operator": "In", "values": ["d", "e"]}, {"key": "f", "operator": "DoesNotExist"},
        ]}}});
        assert_eq!(selector(&workload), "a=b,c in (d,e),!f");
    }
}
