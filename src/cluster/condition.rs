//! Reads from an object whether it is ready. Nothing is asked here: JSON in, words out.

use serde_json::Value;

use super::object::{list, number, text};
use crate::render::Condition;

/// Tells whether a condition says anything about a kind.
pub(super) fn applies(condition: Condition, kind: &str) -> bool {
    match condition {
        Condition::CrdsEstablished => kind == "CustomResourceDefinition",
        Condition::RolloutsComplete => matches!(kind, "Deployment" | "DaemonSet" | "StatefulSet"),
        Condition::TemplatesCreated => kind == "ConstraintTemplate",
        Condition::WebhookCertificates => {
            matches!(kind, "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration")
        }
    }
}

/// Returns what is missing; `None` when the condition is met.
pub(super) fn missing(condition: Condition, object: &Value) -> Option<String> {
    match condition {
        Condition::CrdsEstablished => not_established(object),
        Condition::RolloutsComplete => not_rolled_out(object),
        Condition::TemplatesCreated => not_created(object),
        Condition::WebhookCertificates => without_certificate(object),
    }
}

fn not_established(definition: &Value) -> Option<String> {
    let refused = condition(definition, "NamesAccepted").filter(|names| text(names, "/status") == "False");
    if let Some(names) = refused {
        return Some(format!("its names are not accepted: {}", text(names, "/message")));
    }
    let established = condition(definition, "Established").is_some_and(|it| text(it, "/status") == "True");
    (!established).then(|| "not established".to_owned())
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

fn not_created(template: &Value) -> Option<String> {
    let generation = number(template, "/metadata/generation");
    for pod in
        list(template, "/status/byPod").iter().filter(|pod| number(pod, "/observedGeneration") == generation)
    {
        if let Some(error) = list(pod, "/errors").first() {
            return Some(format!("{}: {}", text(error, "/code"), text(error, "/message")));
        }
    }
    let created = template.pointer("/status/created") == Some(&Value::Bool(true));
    (!created).then(|| "Gatekeeper has not taken it up (`status.created`)".to_owned())
}

fn without_certificate(configuration: &Value) -> Option<String> {
    let without =
        list(configuration, "/webhooks").iter().find(|hook| text(hook, "/clientConfig/caBundle").is_empty());
    without.map(|hook| format!("webhook `{}` has no `caBundle`", text(hook, "/name")))
}

/// Returns the status condition of a type.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
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
            assert_eq!(missing(Condition::RolloutsComplete, &object).as_deref(), expected, "{object}");
        }
    }

    #[test]
    fn definitions_are_established_by_their_condition() {
        for (conditions, expected) in [
            (json!([]), Some("not established")),
            (json!([{"type": "Established", "status": "False"}]), Some("not established")),
            (json!([{"type": "Established", "status": "True"}]), None),
            (
                json!([{"type": "NamesAccepted", "status": "False", "message": "\"configs\" is already in use"}]),
                Some("its names are not accepted: \"configs\" is already in use"),
            ),
        ] {
            let object = json!({"status": {"conditions": conditions}});
            assert_eq!(missing(Condition::CrdsEstablished, &object).as_deref(), expected, "{object}");
        }
    }

    #[test]
    fn templates_are_created_without_errors_of_this_generation() {
        let errors = json!([{"code": "ingest_error", "message": "rego_parse_error"}]);
        for (status, expected) in [
            (json!({}), Some("Gatekeeper has not taken it up (`status.created`)")),
            (json!({"created": true}), None),
            (json!({"created": true, "byPod": [{"observedGeneration": 1, "errors": errors}]}), None),
            (
                json!({"created": true, "byPod": [{"observedGeneration": 2, "errors": errors}]}),
                Some("ingest_error: rego_parse_error"),
            ),
        ] {
            let object = json!({"metadata": {"generation": 2}, "status": status});
            assert_eq!(missing(Condition::TemplatesCreated, &object).as_deref(), expected, "{object}");
        }
    }

    #[test]
    fn every_webhook_needs_its_certificate() {
        let object = json!({"webhooks": [
            {"name": "a", "clientConfig": {"caBundle": "Q0E="}}, {"name": "b", "clientConfig": {}},
        ]});
        assert_eq!(
            missing(Condition::WebhookCertificates, &object).as_deref(),
            Some("webhook `b` has no `caBundle`")
        );
    }
}
