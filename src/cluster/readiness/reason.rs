//! Finds out why a workload is not ready: from its own conditions, from its pods, from their events.

mod event;
mod pod;
mod selector;

use serde_json::Value;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::json::{condition, text};
use event::{last_warning, pull_failure};
use pod::{Problem, pod_problem};
use selector::selector;

/// Why something is not ready: as text, and as the cause that decides about the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster) struct Reason {
    pub(in crate::cluster) cause: Cause,
    pub(in crate::cluster) words: String,
}

/// What kind of reason it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster) enum Cause {
    /// Unknown: the next step is to look at the object.
    Other,
    /// The object is missing.
    Gone,
    /// A node cannot get an image.
    Image,
    /// No node takes a pod.
    Unschedulable,
    /// A ResourceQuota is used up.
    Quota,
    /// The namespace's Pod Security level refuses the pods.
    PodSecurity,
    /// An admission webhook or policy refuses the pods.
    Admission,
    /// A container crashes.
    Crash { pod: String, container: String },
    /// A pod is not ready.
    Pod(String),
    /// Another definition has the names.
    Names,
    /// Gatekeeper has not processed the object.
    Gatekeeper,
    /// A service has no ready endpoint.
    Endpoint { namespace: String, service: String },
    /// It has failed for good: waiting does not help.
    Failed,
}

impl Reason {
    pub(in crate::cluster) fn new(cause: Cause, words: impl Into<String>) -> Self {
        Self { cause, words: words.into() }
    }
}

impl Cause {
    /// Reads what refused a pod from the message of the API server, the only place that names it.
    ///
    /// See: `pkg/quota/v1` ("exceeded quota: ") and `staging/src/k8s.io/pod-security-admission` ("violates PodSecurity ")
    /// of Kubernetes.
    fn of_refusal(message: &str) -> Self {
        match () {
            () if message.contains("exceeded quota: ") => Self::Quota,
            () if message.contains("violates PodSecurity ") => Self::PodSecurity,
            () if message.contains("admission webhook ") || message.contains("AdmissionPolicy ") => {
                Self::Admission
            }
            () => Self::Other,
        }
    }
}

/// Returns what is wrong with a pod, as it says itself.
pub(in crate::cluster) fn pod_words(pod: &Value) -> Option<String> {
    pod_problem(pod).map(Problem::words)
}

/// The pods that do not run come first: there are few of them, and they know most.
const PHASES: [&str; 2] = ["status.phase!=Running,status.phase!=Succeeded", "status.phase=Running"];

/// Returns why a workload is not ready, as far as it can be told.
///
/// Of its pods no more than a page is held at a time, and none is asked for behind the first that tells the cause.
///
/// # Errors
///
/// When the API server cannot be asked.
pub(in crate::cluster) async fn reason(api: &Api, workload: &Value) -> Result<Option<Reason>, ClusterError> {
    if let Some(failure) = replica_failure(workload) {
        return Ok(Some(failure));
    }
    let mut first_waiting = None;
    for phase in PHASES {
        if let Some((pod, cause)) = first_cause(api, workload, phase, &mut first_waiting).await? {
            return explained(api, workload, pod, cause).await.map(Some);
        }
    }
    match first_waiting {
        Some((pod, words)) => {
            let event = last_warning(api, text(workload, "/metadata/namespace"), "Pod", &pod).await?;
            let words = format!("{} (pod {pod})", event.unwrap_or(words));
            Ok(Some(Reason::new(Cause::Pod(pod), words)))
        }
        None => own_reason(api, workload).await,
    }
}

async fn first_cause(
    api: &Api,
    workload: &Value,
    phase: &str,
    first_waiting: &mut Option<(String, String)>,
) -> Result<Option<(String, Problem)>, ClusterError> {
    let path = format!("/api/v1/namespaces/{}/pods", text(workload, "/metadata/namespace"));
    let tells = |pod: &Value| {
        let name = text(pod, "/metadata/name").to_owned();
        match pod_problem(pod)? {
            Problem::Waiting(words) => {
                first_waiting.get_or_insert((name, words));
                None
            }
            cause => Some((name, cause)),
        }
    };
    api.find_selected(&path, (&selector(workload), phase), tells).await
}

/// Words a problem of a pod; of an image that cannot be pulled, the pod's event knows more than its status.
async fn explained(
    api: &Api,
    workload: &Value,
    pod: String,
    problem: Problem,
) -> Result<Reason, ClusterError> {
    let (cause, words) = match problem {
        Problem::Image { words, .. } => {
            let event = pull_failure(api, text(workload, "/metadata/namespace"), &pod).await?;
            (Cause::Image, format!("image pull failed: {}", event.unwrap_or(words)))
        }
        Problem::Unschedulable(words) => (Cause::Unschedulable, format!("unschedulable: {words}")),
        Problem::Crash { container, words } => {
            let cause = Cause::Crash { pod: pod.clone(), container: container.clone() };
            (cause, format!("container {container}: {words}"))
        }
        Problem::Waiting(words) => (Cause::Pod(pod.clone()), words),
    };
    Ok(Reason::new(cause, format!("{words} (pod {pod})")))
}

/// Returns why the controller could not create pods, if its status says so.
fn replica_failure(workload: &Value) -> Option<Reason> {
    let failure = condition(workload, "ReplicaFailure").filter(|it| text(it, "/status") == "True")?;
    let message = text(failure, "/message");
    Some(Reason::new(Cause::of_refusal(message), format!("{}: {message}", text(failure, "/reason"))))
}

/// Returns why there are no pods at all, or no progress.
async fn own_reason(api: &Api, workload: &Value) -> Result<Option<Reason>, ClusterError> {
    let [namespace, kind, name] =
        ["/metadata/namespace", "/kind", "/metadata/name"].map(|pointer| text(workload, pointer));
    if let Some(words) = last_warning(api, namespace, kind, name).await? {
        return Ok(Some(Reason::new(Cause::of_refusal(&words), words)));
    }
    let stuck = condition(workload, "Progressing").filter(|it| text(it, "/status") == "False");
    let words = stuck.map(|stuck| format!("{}: {}", text(stuck, "/reason"), text(stuck, "/message")));
    Ok(words.map(|words| Reason::new(Cause::Other, words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_tell_what_refused() {
        for (message, cause) in [
            ("pods \"a\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1", Cause::Quota),
            (
                "pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\": privileged",
                Cause::PodSecurity,
            ),
            ("admission webhook \"validation.gatekeeper.sh\" denied the request: no", Cause::Admission),
            ("pods \"a\" is forbidden: error looking up service account lumen/a", Cause::Other),
        ] {
            assert_eq!(Cause::of_refusal(message), cause, "{message}");
        }
    }
}
