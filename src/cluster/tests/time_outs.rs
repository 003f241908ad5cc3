//! The words when the cluster does not settle in time: what is waited for besides the conditions of a layer.

use super::*;

/// Installs in vain; the time is a paused one, so that half a minute passes at once.
async fn in_vain(fake: &Fake, objects: Vec<Value>) -> String {
    let mut set = set(objects);
    set.layers[0].timeout = Duration::from_secs(120);
    refusal(install(fake, &set).await)
}

fn leaving(mut object: Value) -> Value {
    object["metadata"]["deletionTimestamp"] = json!("2026-11-22T00:00:00Z");
    object
}

#[tokio::test(start_paused = true)]
async fn what_is_still_being_deleted_is_named_with_what_holds_it() {
    let fake = Fake::default();
    let mut held = leaving(settings("settings"));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    fake.put(SETTINGS, held);
    assert_snapshot!(in_vain(&fake, vec![settings("settings")]).await, @r"
    configmap lumen/settings is still being deleted after 120 s (held by example.com/hold)
    hint: the controllers that own its finalizers must run to remove them (`kubectl -n lumen get configmap settings -o yaml` shows them); then run the same command again
    refusal: true
    ");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_does_not_go_is_named_with_its_contents() {
    let conditions = json!([{"type": "NamespaceContentRemaining", "status": "True",
        "message": "Some resources are remaining: pods. has 1 resource instances"}]);
    let mut all = String::new();
    for name in ["lumen", "bundle-system"] {
        let fake = Fake::default();
        let mut object =
            leaving(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        object["status"]["conditions"] = conditions.clone();
        fake.put(&format!("/api/v1/namespaces/{name}"), object);
        all += &(in_vain(&fake, vec![namespace()]).await + "\n\n");
    }
    assert_snapshot!(all, @r"
    namespace lumen is still being deleted after 120 s (held by its contents: Some resources are remaining: pods. has 1 resource instances)
    hint: `kubectl get namespace lumen -o yaml` shows under `status.conditions` what blocks that; then run the same command again
    refusal: true

    namespace bundle-system is still being deleted after 30 s (held by its contents: Some resources are remaining: pods. has 1 resource instances)
    hint: `kubectl get namespace bundle-system -o yaml` shows under `status.conditions` what blocks that; then run the same command again
    refusal: true
    ");
}

#[tokio::test(start_paused = true)]
async fn refusals_that_do_not_pass_are_the_last_words() {
    let calling =
        "Internal error occurred: failed calling webhook \"validation.gatekeeper.sh\": connection refused";
    let terminating = "configmaps \"settings\" is forbidden: unable to create new content in namespace lumen because it is being terminated";
    let mut all = String::new();
    for answer in [
        (404, json!("404 page not found")),
        status(500, "InternalError", calling),
        status(403, "Forbidden", terminating),
    ] {
        let fake = Fake::default();
        fake.state().answers.insert(format!("PATCH {SETTINGS}"), answer);
        all += &(in_vain(&fake, vec![settings("settings")]).await + "\n\n");
    }
    assert_snapshot!(all, @r#"
    `10-lumen/objects.yaml`: the cluster does not know the kind `ConfigMap` of `v1`
    hint: put the CustomResourceDefinition of `ConfigMap` into the same layer or an earlier one; `kubectl api-resources` lists the kinds that the cluster serves
    refusal: true

    configmap lumen/settings (`10-lumen/objects.yaml`) is refused (500): Internal error occurred: failed calling webhook "validation.gatekeeper.sh": connection refused
    hint: `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations` shows the webhook's owner: fix its pods, or delete its configuration, then run the same command again
    refusal: true

    configmap lumen/settings (`10-lumen/objects.yaml`) is refused (403): configmaps "settings" is forbidden: unable to create new content in namespace lumen because it is being terminated
    hint: its namespace is being deleted: `kubectl get namespace lumen -o yaml` shows under `status.conditions` what blocks that
    refusal: true
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_layer_waits_its_whole_time_and_no_longer() {
    let fake = Fake::default();
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "lumen"},
        "spec": {"replicas": 1}});
    let mut set = set(vec![deployment]);
    set.layers[0].wait_for = vec![Condition::RolloutsComplete];
    set.layers[0].timeout = Duration::from_secs(300);
    let began = tokio::time::Instant::now();
    assert_snapshot!(refusal(install(&fake, &set).await), @r"
    layer `10-lumen` is not ready after 300 s: deployment lumen/a: 0 of 1 updated, 0 ready
    hint: `kubectl -n lumen describe deployment a` shows more; then run the same command again to continue
    refusal: true
    ");
    assert_eq!(began.elapsed().as_secs(), 300);
    let state = fake.state();
    let watches = state.asked.iter().filter(|request| request.contains("watch=true"));
    assert_eq!(watches.count(), 1);
    let looks = state.asked.iter().filter(|request| request.ends_with("/deployments/a")).count();
    assert!(looks <= 26, "once in fifteen seconds, and a few for applying it: {looks}");
}
