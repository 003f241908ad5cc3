//! Reads from a pod what is wrong with it. Nothing is asked here: JSON in, words out.

use serde_json::Value;

use crate::cluster::objects::json::{condition, list, number, text};

/// What is wrong with a pod.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// An image does not come.
    Image {
        /// What the kubelet says.
        words: String,
    },
    /// No node takes it.
    Unschedulable(String),
    /// A container does not start, or ends.
    Crash {
        /// The container's name.
        container: String,
        /// How.
        words: String,
    },
    /// It is not ready, which by itself tells no cause.
    Waiting(String),
}

impl Problem {
    /// Returns it in words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Image { words } | Self::Unschedulable(words) | Self::Waiting(words) => words,
            Self::Crash { container, words } => format!("container `{container}`: {words}"),
        }
    }
}

/// Returns what is wrong with a pod; nothing if it is ready, or being deleted.
pub(super) fn pod_problem(pod: &Value) -> Option<Problem> {
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        return None;
    }
    if let Some(scheduled) = condition(pod, "PodScheduled").filter(|it| text(it, "/status") == "False") {
        return Some(Problem::Unschedulable(text(scheduled, "/message").to_owned()));
    }
    let containers =
        list(pod, "/status/initContainerStatuses").iter().chain(list(pod, "/status/containerStatuses"));
    let ready = condition(pod, "Ready").is_some_and(|it| text(it, "/status") == "True");
    match containers.filter_map(container_problem).next() {
        None if ready => None,
        None => Some(Problem::Waiting(not_ready(pod))),
        problem => problem,
    }
}

fn not_ready(pod: &Value) -> String {
    match condition(pod, "Ready") {
        Some(ready) if !text(ready, "/message").is_empty() => text(ready, "/message").to_owned(),
        _ => format!("phase {}", text(pod, "/status/phase")),
    }
}

fn container_problem(status: &Value) -> Option<Problem> {
    let (container, image) = (text(status, "/name").to_owned(), text(status, "/image"));
    let (reason, message) = (text(status, "/state/waiting/reason"), text(status, "/state/waiting/message"));
    match reason {
        "" => container_exit(status, "/state/terminated").map(|words| Problem::Crash { container, words }),
        "ContainerCreating" | "PodInitializing" => None,
        reason if is_image_problem(reason) => {
            Some(Problem::Image { words: format!("`{image}`: {reason}: {message}") })
        }
        reason => {
            let exit = container_exit(status, "/lastState/terminated").map(|exit| format!(" ({exit})"));
            let words = format!("{reason}: {message}{}", exit.unwrap_or_default());
            Some(Problem::Crash { container, words })
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
fn is_image_problem(reason: &str) -> bool {
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

    fn crash(words: &str) -> Option<Problem> {
        Some(Problem::Crash { container: "a".into(), words: words.into() })
    }

    #[test]
    fn pods_tell_their_problem() {
        let image = "registry.lan/x:1";
        for (pod, expected) in [
            (
                pod(json!({"name": "a", "image": image, "state": {"waiting":
                    {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry.lan/x:1\""}}})),
                Some(Problem::Image {
                    words:
                        "`registry.lan/x:1`: ImagePullBackOff: Back-off pulling image \"registry.lan/x:1\""
                            .into(),
                }),
            ),
            (
                pod(json!({"name": "a", "image": image,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                    "lastState": {"terminated": {"reason": "Error", "exitCode": 2}}})),
                crash("CrashLoopBackOff: back-off 10s (Error, exit code 2)"),
            ),
            (
                pod(json!({"name": "a", "image": image, "state": {"terminated":
                    {"reason": "OOMKilled", "exitCode": 137, "message": "too much\n"}}})),
                crash("OOMKilled, exit code 137: too much"),
            ),
            (
                json!({"status": {"conditions": [{"type": "PodScheduled", "status": "False",
                    "reason": "Unschedulable", "message": "0/1 nodes are available"}]}}),
                Some(Problem::Unschedulable("0/1 nodes are available".into())),
            ),
            (
                pod(json!({"name": "a", "state": {"waiting": {"reason": "ContainerCreating"}}})),
                Some(Problem::Waiting("phase Pending".into())),
            ),
            (json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}), None),
            (json!({"metadata": {"deletionTimestamp": "2026-11-22T00:00:00Z"}}), None),
        ] {
            assert_eq!(pod_problem(&pod), expected, "{pod}");
        }
    }
}
