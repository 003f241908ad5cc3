//! Pod Security levels that would refuse our pods: the API server is asked, with a dry run of each pod.
//!
//! If the rendered namespace sets a level there is nothing to ask: the label is applied before the pods. Otherwise the live
//! namespace decides, or the API server's default, which a namespace without the label shows.

use serde_json::{Value, json};

use super::query::Query;
use crate::cluster::api::answer::Answer;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::text;
use crate::report::{Finding, Severity};

/// See: Kubernetes docs, "Pod Security Admission"
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
/// How the API server's own admission begins its refusal.
/// See: `k8s.io/pod-security-admission`, admission.go
const REFUSAL: &str = "violates PodSecurity";

/// Sends a pod of each workload whose namespace we do not label ourselves.
pub(super) async fn ask(query: Query<'_>) -> Result<Vec<Finding>, ClusterError> {
    let labelled: Vec<&str> = query.objects().map(|object| object.value).filter_map(labels_itself).collect();
    let pods = query.objects().filter_map(|object| {
        let namespace = object.id.namespace.as_deref()?;
        let pod = pod_of(object.value)?;
        (!labelled.contains(&namespace)).then_some((&object.id, namespace, pod))
    });
    let answers = pods.map(|(id, namespace, pod)| send(query, id, namespace, pod));
    Ok(together(answers).await?.into_iter().flatten().collect())
}

async fn send(
    query: Query<'_>,
    workload: &ObjectId,
    namespace: &str,
    mut pod: Value,
) -> Result<Option<Finding>, ClusterError> {
    let answer = query.api.create_dry_run(&ObjectId::pod(namespace, ""), &pod).await?;
    if answer.status != 404 {
        return Ok(judge(workload, namespace, Severity::Error, &answer));
    }
    // The namespace is not there yet. It will be one without the label; `default` usually is, and shows what holds then.
    let default = query.api.get(&ObjectId::namespace("default").path()).await;
    if default.ok().flatten().is_none_or(|default| level(&default).is_some()) {
        return Ok(None);
    }
    pod["metadata"]["namespace"] = json!("default");
    let answer = query.api.create_dry_run(&ObjectId::pod("default", ""), &pod).await?;
    Ok(judge(workload, namespace, Severity::Warning, &answer))
}

fn judge(workload: &ObjectId, namespace: &str, severity: Severity, answer: &Answer) -> Option<Finding> {
    let message = answer.message();
    (answer.status == 403 && message.contains(REFUSAL)).then(|| {
        let reason = message.find(REFUSAL).map_or("", |start| &message[start..]);
        Finding::new(severity, workload.to_string(), format!("its pods would be refused: {reason}"))
            .expected("a Pod Security level that admits them")
            .hint(format!("set `podSecurity` for `{namespace}` under `namespaces` in the site file, or label it: `kubectl label namespace {namespace} {ENFORCE}=privileged`"))
    })
}

/// Returns the name of a namespace that says which level it enforces.
fn labels_itself(object: &Value) -> Option<&str> {
    (text(object, "/kind") == "Namespace" && level(object).is_some()).then(|| text(object, "/metadata/name"))
}

fn level(namespace: &Value) -> Option<&str> {
    namespace.pointer("/metadata/labels")?.get(ENFORCE)?.as_str()
}

/// Makes a pod of a workload's template, without fields that have nothing to do with its level and may refer to missing
/// objects: its account, its priority. The API server chooses its name.
fn pod_of(workload: &Value) -> Option<Value> {
    let template = ["/spec/jobTemplate/spec/template", "/spec/template"];
    let template = template.iter().find_map(|place| workload.pointer(place))?;
    let mut spec = template.get("spec")?.as_object()?.clone();
    spec.get("containers")?;
    ["serviceAccountName", "serviceAccount", "priorityClassName", "runtimeClassName"].iter().for_each(
        |field| {
            spec.remove(*field);
        },
    );
    spec.insert("automountServiceAccountToken".into(), json!(false));
    let metadata = json!({
        "generateName": "bundle-preflight-", "namespace": text(workload, "/metadata/namespace"),
        "annotations": template.pointer("/metadata/annotations").cloned().unwrap_or_default(),
    });
    Some(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_made_of_a_template_without_what_may_be_missing() {
        let spec = json!({"serviceAccountName": "a", "priorityClassName": "high", "hostPID": true, "containers": [{"name": "a"}]});
        for (workload, is_one) in [
            (json!({"metadata": {"namespace": "n"}, "spec": {"template": {"spec": spec}}}), true),
            (
                json!({"metadata": {"namespace": "n"}, "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
                true,
            ),
            (json!({"spec": {"template": {"spec": {"crd": 1}}}}), false),
            (json!({"data": {}}), false),
        ] {
            let pod = pod_of(&workload);
            assert_eq!(pod.is_some(), is_one, "{workload}");
            if let Some(pod) = pod {
                let expected = json!({"hostPID": true, "containers": [{"name": "a"}], "automountServiceAccountToken": false});
                assert_eq!((&pod["spec"], text(&pod, "/metadata/namespace")), (&expected, "n"));
            }
        }
    }

    #[test]
    fn only_pod_security_is_meant() {
        let answer =
            |status, message: &str| Answer { status, warnings: vec![], body: json!({"message": message}) };
        let id = ObjectId { kind: "DaemonSet".into(), ..ObjectId::pod("falco", "") };
        let words = "pods \"x\" is forbidden: violates PodSecurity \"baseline:latest\": privileged (container \"falco\" must not set securityContext.privileged=true)";
        let found = judge(&id, "falco", Severity::Error, &answer(403, words)).expect("refused");
        insta::assert_snapshot!(found, @r#"
        error: daemonset falco/: its pods would be refused: violates PodSecurity "baseline:latest": privileged (container "falco" must not set securityContext.privileged=true); expected a Pod Security level that admits them
          hint: set `podSecurity` for `falco` under `namespaces` in the site file, or label it: `kubectl label namespace falco pod-security.kubernetes.io/enforce=privileged`
        "#);
        assert_eq!(judge(&id, "falco", Severity::Error, &answer(403, "exceeded quota")), None);
        assert_eq!(judge(&id, "falco", Severity::Error, &answer(201, "")), None);
    }
}
