//! Lumen's Test Suites 1, 2 and 4, sent as its document has them, and answered by the layer that claims it.
//!
//! Pod Security looks at a pod before any webhook does. Where the document's pod would be refused by both, it is made fit for the
//! level `restricted`, so that it is Gatekeeper that answers.

use serde_json::{Value, json};

use super::ground::Ground;

const GATEKEEPER: &str = "admission webhook \"validation.gatekeeper.sh\" denied the request: ";

fn resources() -> Value {
    json!({"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}})
}

fn hardened() -> Value {
    json!({
        "runAsNonRoot": true, "runAsUser": 1000, "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
    })
}

fn container(image: &str, resources: Value, security: Value) -> Value {
    json!({"name": "nginx", "image": image, "resources": resources, "securityContext": security})
}

fn pod(name: &str, container: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "lumen", "labels": {"app": "test", "tier": "testing"}},
        "spec": {"containers": [container]},
    })
}

fn deployment(name: &str, labels: Value, container: Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "lumen", "labels": labels},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    })
}

/// Sends an object; returns the text of its refusal.
fn refusal(ground: &Ground, object: &Value) -> String {
    let ran = ground.create(object);
    assert_eq!(ran.code, Some(1), "admitted: {object}");
    ran.stderr
}

pub fn suite_1_gatekeeper_refuses_in_its_own_words(ground: &Ground) {
    let nginx = "localhost:5000/nginx:1.25";
    let both = json!({"app": "test", "tier": "backend"});
    for (object, words) in [
        (
            pod("test-latest-tag", container("localhost:5000/nginx:latest", resources(), hardened())),
            "[block-latest-tag] Container <nginx> uses :latest tag",
        ),
        (
            pod("test-external-registry", container("docker.io/nginx:1.25", resources(), hardened())),
            "[require-internal-registry] Container <nginx> must use localhost:5000 registry",
        ),
        (
            deployment("test-no-labels", json!({"name": "test"}), container(nginx, resources(), json!({}))),
            "[require-app-labels] Workload must have 'app' label",
        ),
        (
            deployment("test-no-resources", both, container(nginx, json!({}), json!({}))),
            "[require-resources] Container <nginx> has no CPU request",
        ),
    ] {
        let said = refusal(ground, &object);
        assert!(said.contains(GATEKEEPER) && said.contains(words), "{words}: {said}");
        let policies = said.matches("\n[").count() + 1;
        assert!(
            policies == said.matches(&words[..words.find(']').expect("a name")]).count(),
            "only this one: {said}"
        );
    }
}

pub fn suite_2_pod_security_refuses_in_its_own_words(ground: &Ground) {
    let with = |name: &str, security: Value| {
        pod(name, container("localhost:5000/nginx:1.25", resources(), security))
    };
    let mut host_path = with("test-hostpath", hardened());
    host_path["spec"]["volumes"] = json!([{"name": "host", "hostPath": {"path": "/"}}]);
    for (object, words) in [
        (with("test-privileged", json!({"privileged": true})), "securityContext.privileged=true"),
        (host_path, "restricted volume types (volume \"host\" uses restricted volume type \"hostPath\")"),
        (with("test-run-as-root", json!({"runAsUser": 0})), "runAsNonRoot != true"),
    ] {
        let said = refusal(ground, &object);
        assert!(
            said.contains("violates PodSecurity \"restricted:latest\"") && said.contains(words),
            "{words}: {said}"
        );
        assert!(!said.contains("validation.gatekeeper.sh"), "{said}");
    }
}

pub fn suite_4_a_compliant_pod_is_admitted(ground: &Ground) {
    let compliant = pod("test-compliant", container("localhost:5000/nginx:1.25", resources(), hardened()));
    assert_eq!(ground.create(&compliant).ok(), "pod/test-compliant created\n");
    ground.stage.kubectl(["delete", "pod", "test-compliant", "--namespace=lumen", "--now"]).ok();
}
