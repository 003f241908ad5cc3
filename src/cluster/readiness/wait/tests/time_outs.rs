//! The words when the time is up, as a person sees them: object, state, reason, and the next step.

use std::fmt::Write;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;

/// A wait in vain: what is waited for, the object, and what else there is (by path).
struct Vain {
    case: &'static str,
    condition: Condition,
    id: ObjectId,
    object: Option<Value>,
    others: Vec<(&'static str, Value)>,
}

async fn told(vain: &Vain) -> String {
    let fake = Fake::default();
    if let Some(object) = &vain.object {
        let mut object = object.clone();
        object["metadata"]["generation"] = json!(2);
        object["metadata"]["uid"] = json!("u");
        fake.put(&vain.id.path(), object);
    }
    vain.others.iter().for_each(|(path, object)| fake.put(path, object.clone()));
    let waited = until(&fake, &[vain.condition], std::slice::from_ref(&vain.id), Duration::ZERO).await;
    let error = waited.expect_err("it is waited for in vain");
    format!("# {}\n{error}\nhint: {}\n", vain.case, error.hint().unwrap_or_default())
}

async fn all_told(cases: Vec<Vain>) -> String {
    let mut all = String::new();
    for vain in &cases {
        writeln!(all, "{}", told(vain).await).expect("written");
    }
    all
}

fn workload(kind: &str) -> ObjectId {
    id("apps/v1", kind, Some("gatekeeper-system"), "gatekeeper-audit")
}

/// A rollout of one pod that is in this state, and what the events say of it.
fn rollout(case: &'static str, status: Value, event: Option<(&str, &str)>) -> Vain {
    let pod =
        json!({"metadata": {"name": "gatekeeper-audit-x", "labels": {"app": "audit"}}, "status": status});
    let mut others = vec![("/api/v1/namespaces/gatekeeper-system/pods/gatekeeper-audit-x", pod)];
    others.extend(event.map(|event| happened("Pod", "gatekeeper-audit-x", event)));
    Vain { others, ..without_pods(case, "Deployment", json!([]), None) }
}

fn happened(kind: &str, name: &str, (reason, message): (&str, &str)) -> (&'static str, Value) {
    let event = json!({"type": "Warning", "reason": reason, "message": message, "involvedObject": {"kind": kind, "name": name}});
    ("/api/v1/namespaces/gatekeeper-system/events/e", event)
}

/// A rollout that has no pods.
fn without_pods(case: &'static str, kind: &str, conditions: Value, event: Option<(&str, &str)>) -> Vain {
    let status = json!({
        "observedGeneration": 2, "updatedReplicas": 1, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1,
        "conditions": conditions,
    });
    let object = json!({"kind": kind, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "audit"}}}, "status": status});
    let others = event.map(|event| happened(kind, "gatekeeper-audit", event)).into_iter().collect();
    Vain { case, condition: Condition::RolloutsComplete, id: workload(kind), object: Some(object), others }
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"phase": "Pending", "containerStatuses":
        [{"name": "manager", "image": "registry.lan/gatekeeper:1", "state": {"waiting": {"reason": reason, "message": message}}}]})
}

fn unschedulable() -> Value {
    let message = "0/1 nodes are available: 1 Insufficient memory.";
    json!({"phase": "Pending", "conditions":
        [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]})
}

fn unready() -> Value {
    json!({"phase": "Running", "conditions":
        [{"type": "Ready", "status": "False", "message": "containers with unready status: [manager]"}]})
}

fn crashed() -> Value {
    let mut status = waiting("CrashLoopBackOff", "back-off 10s restarting failed container");
    status["phase"] = json!("Running");
    status["containerStatuses"][0]["lastState"] = json!({"terminated": {"reason": "Error", "exitCode": 2}});
    status
}

fn refused(message: &str) -> Value {
    json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}])
}

#[tokio::test]
async fn rollouts() {
    let image = "Failed to pull image \"registry.lan/gatekeeper:1\": not found";
    let probe = "Readiness probe failed: HTTP probe failed with statuscode: 500";
    let quota = "pods \"gatekeeper-audit-x\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1";
    let security =
        "pods \"gatekeeper-audit-x\" is forbidden: violates PodSecurity \"restricted:latest\": privileged";
    let webhook = "admission webhook \"validation.gatekeeper.sh\" denied the request: [block-latest-tag] no";
    let stuck = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
        "message": "ReplicaSet \"gatekeeper-audit-1\" has timed out progressing."}]);
    assert_snapshot!(
        all_told(vec![
            rollout("image", waiting("ImagePullBackOff", "Back-off pulling image"), Some(("Failed", image))),
            rollout(
                "image without an event",
                waiting("ErrImageNeverPull", "not present with pull policy of Never"),
                None
            ),
            rollout("unschedulable", unschedulable(), None),
            rollout("crash loop", crashed(), None),
            rollout("readiness", unready(), Some(("Unhealthy", probe))),
            rollout(
                "a volume that is not there",
                waiting("ContainerCreating", ""),
                Some(("FailedMount", "secret \"certs\" not found"))
            ),
            without_pods("quota", "Deployment", refused(quota), None),
            without_pods("pod security", "Deployment", refused(security), None),
            without_pods(
                "admission, told by an event",
                "DaemonSet",
                json!([]),
                Some(("FailedCreate", webhook))
            ),
            without_pods("quota, told by an event", "StatefulSet", json!([]), Some(("FailedCreate", quota))),
            without_pods("no progress", "Deployment", stuck, None),
            without_pods("nothing known", "DaemonSet", json!([]), None),
            Vain { object: None, ..without_pods("gone", "Deployment", json!([]), None) },
        ])
        .await
    );
}

fn definition(case: &'static str, conditions: Value) -> Vain {
    let id = id("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "configs.config.gatekeeper.sh");
    let object = Some(json!({"status": {"conditions": conditions}}));
    Vain { case, condition: Condition::CrdsEstablished, id, object, others: vec![] }
}

fn job(case: &'static str, conditions: Value) -> Vain {
    let id = id("batch/v1", "Job", Some("lumen"), "import");
    let object = Some(
        json!({"spec": {"selector": {"matchLabels": {"job": "import"}}}, "status": {"conditions": conditions}}),
    );
    Vain { case, condition: Condition::JobsComplete, id, object, others: vec![] }
}

fn template(case: &'static str, status: Value) -> Vain {
    let id = id("templates.gatekeeper.sh/v1", "ConstraintTemplate", None, "k8sblocklatesttag");
    let object = Some(json!({"status": status}));
    Vain { case, condition: Condition::TemplatesCreated, id, object, others: vec![] }
}

fn constraint(case: &'static str, by_pod: Value) -> Vain {
    let id = id("constraints.gatekeeper.sh/v1beta1", "K8sBlockLatestTag", None, "block-latest-tag");
    let pod = json!({"metadata": {"name": "gatekeeper-controller-manager-x", "labels": {"gatekeeper.sh/system": "yes"}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    let object = Some(json!({"status": {"byPod": by_pod}}));
    Vain {
        case,
        condition: Condition::ConstraintsEnforced,
        id,
        object,
        others: vec![("/api/v1/pods/x", pod)],
    }
}

fn webhook(case: &'static str, condition: Condition) -> Vain {
    let id = id("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", None, "gatekeeper");
    let service = json!({"name": "gatekeeper-webhook-service", "namespace": "gatekeeper-system"});
    let object = Some(
        json!({"webhooks": [{"name": "validation.gatekeeper.sh", "clientConfig": {"service": service}}]}),
    );
    let slice = json!({"metadata": {"labels": {"kubernetes.io/service-name": "gatekeeper-webhook-service"}},
        "endpoints": [{"conditions": {"ready": false}}]});
    let others = vec![("/apis/discovery.k8s.io/v1/namespaces/gatekeeper-system/endpointslices/s", slice)];
    Vain { case, condition, id, object, others }
}

#[tokio::test]
async fn everything_else() {
    let taken =
        json!([{"type": "NamesAccepted", "status": "False", "message": "\"configs\" is already in use"}]);
    let failed = json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]);
    let errors = json!([{"id": "x", "observedGeneration": 2, "errors": [{"code": "ingest_error", "message": "rego_parse_error"}]}]);
    let audit = json!([{"id": "gatekeeper-controller-manager-x", "constraintUID": "uid-1", "enforced": true, "observedGeneration": 2, "operations": ["audit"]}]);
    assert_snapshot!(
        all_told(vec![
            definition("definition", json!([])),
            definition("names of a definition", taken),
            job("job", json!([])),
            job("failed job", failed),
            template("template", json!({})),
            template("template with an error", json!({"byPod": errors})),
            constraint("constraint", json!([])),
            constraint("constraint with an error", errors.clone()),
            constraint("constraint that only the audit knows", audit),
            webhook("certificate of a webhook", Condition::WebhookCertificates),
            webhook("endpoint of a webhook", Condition::WebhookEndpoints),
        ])
        .await
    );
}
