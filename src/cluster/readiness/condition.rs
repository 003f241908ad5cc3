//! Reads from an object whether it is ready. Nothing here sends a request.

pub(in crate::cluster) mod endpoint;
pub(in crate::cluster) mod enforced;
mod rollout;

use serde_json::Value;

use super::reason::{Cause, Reason};
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::{condition, list, number, text};
use crate::cluster::objects::rank::CONSTRAINT_GROUP;
use crate::rendered::Condition;

/// Tells whether a condition applies to an object.
pub(in crate::cluster) fn applies(condition: Condition, id: &ObjectId) -> bool {
    match condition {
        Condition::CrdsEstablished => id.kind == "CustomResourceDefinition",
        Condition::RolloutsComplete => matches!(id.kind.as_str(), "Deployment" | "DaemonSet" | "StatefulSet"),
        Condition::JobsComplete => id.group() == "batch" && id.kind == "Job",
        Condition::TemplatesCreated => id.kind == "ConstraintTemplate",
        Condition::ConstraintsEnforced => id.group() == CONSTRAINT_GROUP,
        Condition::WebhookCertificates | Condition::WebhookEndpoints => {
            matches!(id.kind.as_str(), "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration")
        }
    }
}

/// Tells whether a condition is read from the object alone, so that a watch of the object is enough.
///
/// Constraints are not watched either: each is of a kind of its own, which would make as many connections.
pub(in crate::cluster) fn is_in_the_object(condition: Condition) -> bool {
    !matches!(condition, Condition::ConstraintsEnforced | Condition::WebhookEndpoints)
}

/// Returns what the object lacks; `None` if the condition holds.
pub(in crate::cluster) fn missing(condition: Condition, object: &Value) -> Option<Reason> {
    match condition {
        Condition::CrdsEstablished => not_established(object),
        Condition::RolloutsComplete => rollout::incomplete(object),
        Condition::JobsComplete => rollout::unfinished(object),
        Condition::TemplatesCreated => not_created(object),
        Condition::WebhookCertificates => without_certificate(object),
        Condition::ConstraintsEnforced | Condition::WebhookEndpoints => None,
    }
}

fn not_established(definition: &Value) -> Option<Reason> {
    let refused = condition(definition, "NamesAccepted").filter(|names| text(names, "/status") == "False");
    if let Some(names) = refused {
        let words = format!("its names are not accepted: {}", text(names, "/message"));
        return Some(Reason::new(Cause::Names, words));
    }
    let established = condition(definition, "Established").is_some_and(|it| text(it, "/status") == "True");
    (!established).then(|| Reason::new(Cause::Other, "not established"))
}

fn not_created(template: &Value) -> Option<Reason> {
    let generation = number(template, "/metadata/generation");
    let words = match pod_error(template, generation) {
        Some(error) => error,
        None if template.pointer("/status/created") == Some(&Value::Bool(true)) => return None,
        None => "Gatekeeper has not processed it (`status.created`)".to_owned(),
    };
    Some(Reason::new(Cause::Gatekeeper, words))
}

/// Returns the first error of a Gatekeeper pod that has seen this generation of a template or constraint, and does not
/// enforce it. Pods that enforce it despite errors do not count: some errors are about policies of Kubernetes' own that Gatekeeper would generate.
fn pod_error(object: &Value, generation: i64) -> Option<String> {
    let current = |pod: &&Value| {
        number(pod, "/observedGeneration") == generation
            && pod.pointer("/enforced") != Some(&Value::Bool(true))
    };
    let mut pods = list(object, "/status/byPod").iter().filter(current);
    let error = pods.find_map(|pod| list(pod, "/errors").first())?;
    Some(match text(error, "/code") {
        "" => text(error, "/message").to_owned(),
        code => format!("{code}: {}", text(error, "/message")),
    })
}

fn without_certificate(configuration: &Value) -> Option<Reason> {
    let hooks = list(configuration, "/webhooks");
    let without = hooks.iter().find(|hook| text(hook, "/clientConfig/caBundle").is_empty())?;
    Some(Reason::new(Cause::Gatekeeper, format!("webhook `{}` has no `caBundle`", text(without, "/name"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(condition: Condition, object: &Value) -> Option<String> {
        missing(condition, object).map(|reason| reason.words)
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
            assert_eq!(words(Condition::CrdsEstablished, &object).as_deref(), expected, "{object}");
        }
    }

    #[test]
    fn templates_are_created_without_errors_of_this_generation() {
        let errors = json!([{"code": "ingest_error", "message": "rego_parse_error"}]);
        for (status, expected) in [
            (json!({}), Some("Gatekeeper has not processed it (`status.created`)")),
            (json!({"created": true}), None),
            (json!({"created": true, "byPod": [{"observedGeneration": 1, "errors": errors}]}), None),
            (
                json!({"created": true, "byPod": [{"observedGeneration": 2, "errors": errors}]}),
                Some("ingest_error: rego_parse_error"),
            ),
        ] {
            let object = json!({"metadata": {"generation": 2}, "status": status});
            assert_eq!(words(Condition::TemplatesCreated, &object).as_deref(), expected, "{object}");
        }
    }

    #[test]
    fn every_webhook_needs_its_certificate() {
        let object = json!({"webhooks": [
            {"name": "a", "clientConfig": {"caBundle": "Q0E="}}, {"name": "b", "clientConfig": {}},
        ]});
        assert_eq!(
            words(Condition::WebhookCertificates, &object).as_deref(),
            Some("webhook `b` has no `caBundle`")
        );
    }
}
