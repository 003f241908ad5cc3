//! Reads from a workload whether its rollout is complete, and from a Job whether it has succeeded.
//!
//! See: `kubectl rollout status`, `staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go` of Kubernetes.

use serde_json::Value;

use crate::cluster::objects::json::{condition, number, text};
use crate::cluster::readiness::reason::{Cause, Reason};

/// Returns what is missing of a Deployment, DaemonSet or StatefulSet.
pub(super) fn incomplete(workload: &Value) -> Option<Reason> {
    not_rolled_out(workload).map(|words| Reason::new(Cause::Other, words))
}

/// Returns what is missing of a Job.
pub(super) fn unfinished(job: &Value) -> Option<Reason> {
    let is = |kind| condition(job, kind).filter(|it| text(it, "/status") == "True");
    if let Some(failed) = is("Failed") {
        let words = format!("it failed: {}: {}", text(failed, "/reason"), text(failed, "/message"));
        return Some(Reason::new(Cause::Failed, words));
    }
    let wanted = job.pointer("/spec/completions").and_then(Value::as_i64).unwrap_or(1);
    let words = format!("{} of {wanted} done", number(job, "/status/succeeded"));
    is("Complete").is_none().then(|| Reason::new(Cause::Other, words))
}

fn not_rolled_out(workload: &Value) -> Option<String> {
    if number(workload, "/status/observedGeneration") < number(workload, "/metadata/generation") {
        return Some("its controller has not seen it yet".to_owned());
    }
    let (wanted, updated, ready) = match text(workload, "/kind") {
        "DaemonSet" => (
            number(workload, "/status/desiredNumberScheduled"),
            number(workload, "/status/updatedNumberScheduled"),
            number(workload, "/status/numberAvailable"),
        ),
        "StatefulSet" => replicas(workload, "/status/readyReplicas"),
        _ => replicas(workload, "/status/availableReplicas"),
    };
    let old = number(workload, "/status/replicas") - updated;
    match () {
        () if updated < wanted => Some(format!("{updated} of {wanted} updated, {ready} ready")),
        () if ready < wanted => Some(format!("{ready} of {wanted} ready")),
        () if text(workload, "/kind") == "Deployment" && old > 0 => Some(format!("{old} old still running")),
        () => None,
    }
}

fn replicas(workload: &Value, ready: &str) -> (i64, i64, i64) {
    let wanted = workload.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    (wanted, number(workload, "/status/updatedReplicas"), number(workload, ready))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deployment(status: Value) -> Value {
        json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 3}, "status": status})
    }

    #[test]
    fn rollouts_are_complete_only_when_every_replica_is_new_and_ready() {
        for (object, expected) in [
            (deployment(json!({})), Some("its controller has not seen it yet")),
            (deployment(json!({"observedGeneration": 2})), Some("0 of 3 updated, 0 ready")),
            (
                deployment(
                    json!({"observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "availableReplicas": 3}),
                ),
                Some("1 of 3 updated, 3 ready"),
            ),
            (
                deployment(
                    json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 2}),
                ),
                Some("2 of 3 ready"),
            ),
            (
                deployment(
                    json!({"observedGeneration": 2, "replicas": 4, "updatedReplicas": 3, "availableReplicas": 3}),
                ),
                Some("1 old still running"),
            ),
            (
                deployment(
                    json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}),
                ),
                None,
            ),
            (
                json!({"kind": "DaemonSet", "metadata": {"generation": 1}, "status":
                    {"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}}),
                Some("1 of 2 ready"),
            ),
            (
                json!({"kind": "DaemonSet", "metadata": {"generation": 1}, "status": {"observedGeneration": 1}}),
                None,
            ),
            (
                json!({"kind": "StatefulSet", "metadata": {"generation": 1}, "spec": {}, "status":
                    {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}}),
                None,
            ),
        ] {
            assert_eq!(incomplete(&object).map(|reason| reason.words).as_deref(), expected, "{object}");
        }
    }

    #[test]
    fn a_job_is_done_when_it_says_so_and_a_failed_one_never_is() {
        let job = |conditions: Value| json!({"spec": {"completions": 2}, "status": {"succeeded": 1, "conditions": conditions}});
        let failed = json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}]);
        for (conditions, expected) in [
            (json!([]), Some(Reason::new(Cause::Other, "1 of 2 done"))),
            (json!([{"type": "Complete", "status": "True"}]), None),
            (failed, Some(Reason::new(Cause::Failed, "it failed: BackoffLimitExceeded: too often"))),
        ] {
            assert_eq!(unfinished(&job(conditions)), expected);
        }
    }
}
