//! Tells whether a constraint is enforced: every Gatekeeper pod reports it, and one of them answers the webhook.
//!
//! See: `pkg/controller/constraintstatus` and `apis/status/v1beta1/constraintpodstatus_types.go` of Gatekeeper.

use serde_json::Value;

use super::pod_error;
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::json::{condition, list, number, text};
use crate::cluster::readiness::reason::{Cause, Reason};

/// Returns the names of the pods of Gatekeeper that are ready, and so report; none if they cannot be listed.
pub(in crate::cluster) async fn reporters(api: &Api) -> Result<Vec<String>, ClusterError> {
    let mut names = Vec::new();
    let collect = |pod: &Value| {
        names.extend(reports(pod).then(|| text(pod, "/metadata/name").to_owned()));
        None::<()>
    };
    match api.find_selected("/api/v1/pods", ("gatekeeper.sh/system=yes", ""), collect).await {
        Err(ClusterError::Unexpected { status: 403, .. }) => Ok(Vec::new()),
        result => result.map(|_| names),
    }
}

fn reports(pod: &Value) -> bool {
    pod.pointer("/metadata/deletionTimestamp").is_none()
        && condition(pod, "Ready").is_some_and(|ready| text(ready, "/status") == "True")
}

/// Returns why a constraint is not enforced.
pub(in crate::cluster) fn not_enforced(constraint: &Value, reporters: &[String]) -> Option<Reason> {
    let words = match pod_error(constraint, number(constraint, "/metadata/generation")) {
        Some(error) => error,
        None => {
            let by_pod: Vec<&Value> =
                list(constraint, "/status/byPod").iter().filter(|pod| enforces(constraint, pod)).collect();
            let silent = |name: &&String| !by_pod.iter().any(|pod| text(pod, "/id") == name.as_str());
            let answers = |pod: &&Value| list(pod, "/operations").contains(&Value::from("webhook"));
            match reporters.iter().find(silent) {
                Some(name) => format!("Gatekeeper's pod {name} does not enforce it yet"),
                None if by_pod.iter().any(answers) => return None,
                None => "no webhook pod of Gatekeeper enforces it yet".to_owned(),
            }
        }
    };
    Some(Reason::new(Cause::Gatekeeper, words))
}

/// Tells whether a pod enforces this generation of this constraint, and not of an earlier one with the same name.
fn enforces(constraint: &Value, pod: &Value) -> bool {
    number(pod, "/observedGeneration") == number(constraint, "/metadata/generation")
        && text(pod, "/constraintUID") == text(constraint, "/metadata/uid")
        && pod.pointer("/enforced") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(id: &str, generation: i64, operations: &[&str]) -> Value {
        json!({"id": id, "constraintUID": "u", "enforced": true, "observedGeneration": generation, "operations": operations})
    }

    #[test]
    fn every_ready_pod_must_enforce_this_generation_and_one_the_webhook() {
        let webhook = |generation| entry("manager", generation, &["mutation-webhook", "webhook"]);
        let audit = || entry("audit", 2, &["audit", "status"]);
        let (mut other, mut off, mut faulty) = (webhook(2), webhook(2), webhook(2));
        other["constraintUID"] = json!("before");
        off["enforced"] = json!(false);
        faulty["errors"] = json!([{"message": "could not cache constraint: no such parameter"}]);
        let with_a_remark = faulty.clone();
        faulty["enforced"] = json!(false);
        let silent = Some("Gatekeeper's pod manager does not enforce it yet");
        for (by_pod, expected) in [
            (json!([]), Some("Gatekeeper's pod audit does not enforce it yet")),
            (json!([audit()]), silent),
            (json!([audit(), webhook(1)]), silent),
            (json!([audit(), other]), silent),
            (json!([audit(), off]), silent),
            (json!([audit(), faulty]), Some("could not cache constraint: no such parameter")),
            (json!([audit(), with_a_remark]), None),
            (json!([audit(), webhook(2), entry("gone", 1, &["webhook"])]), None),
        ] {
            let constraint = json!({"metadata": {"generation": 2, "uid": "u"}, "status": {"byPod": by_pod}});
            let reporters = ["audit".to_owned(), "manager".to_owned()];
            let words = not_enforced(&constraint, &reporters).map(|reason| reason.words);
            assert_eq!(words.as_deref(), expected, "{constraint}");
        }
    }

    #[test]
    fn without_a_webhook_nothing_is_enforced() {
        let constraint = json!({"metadata": {"generation": 2, "uid": "u"}, "status": {"byPod": [entry("audit", 2, &["audit"])]}});
        let words = not_enforced(&constraint, &["audit".to_owned()]).map(|reason| reason.words);
        assert_eq!(words.as_deref(), Some("no webhook pod of Gatekeeper enforces it yet"));
    }

    #[test]
    fn pods_that_leave_or_are_not_ready_do_not_report() {
        let ready = |status: &str| json!({"status": {"conditions": [{"type": "Ready", "status": status}]}});
        let mut leaving = ready("True");
        leaving["metadata"] = json!({"deletionTimestamp": "2026-11-22T00:00:00Z"});
        assert_eq!(
            [ready("True"), ready("False"), leaving, json!({})].map(|pod| reports(&pod)),
            [true, false, false, false]
        );
    }
}
