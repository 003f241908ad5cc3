//! Where the images of the pods come from.

use serde_json::{Value, json};

use super::ground::{Ground, NAMESPACE};

/// The sandbox of the pods, which belongs to the stage as it belongs to a node.
const PAUSE: &str = "127.0.0.1:5000/stage/pause:1";

/// Returns a pod that a restricted namespace takes.
pub fn restricted_pod(name: &str, image: &str) -> Value {
    let closed = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    let limited = json!({"limits": {"cpu": "500m", "memory": "128Mi"}});
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/name": name}},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": name, "image": image, "resources": limited, "securityContext": closed}],
        },
    })
}

pub fn every_image_of_every_pod_came_out_of_the_bundle(ground: &Ground) {
    let carried = ground.entries("image");
    let pods = ground.stage.kubectl(["get", "pods", "--all-namespaces", "--output=json"]).ok();
    let pods: Value = serde_json::from_str(&pods).expect("JSON");
    let mut running = Vec::new();
    for pod in pods["items"].as_array().expect("pods") {
        for (name, image) in containers(pod, "/spec", &["containers", "initContainers"], "image") {
            let (found, digest) = carried_as(&carried, &image);
            let run = containers(pod, "/status", &["containerStatuses", "initContainerStatuses"], "imageID");
            let run = run.into_iter().find(|(other, _)| *other == name).expect("a status").1;
            let repository = found.rsplit_once(':').expect("a tag").0;
            assert_eq!(run, format!("{repository}@{digest}"), "what runs as `{name}`");
            running.push(repository.to_owned());
        }
    }
    running.sort();
    running.dedup();
    let expected = [
        "bundle.local/falco-k8smeta",
        "docker.io/aquasec/trivy-operator",
        "docker.io/falcosecurity/falcosidekick",
        "docker.io/falcosecurity/k8s-metacollector",
        "docker.io/openpolicyagent/gatekeeper",
    ];
    assert_eq!(running, expected);
    every_image_of_the_node_is_carried(ground, &carried);
}

/// Looks into containerd itself: nothing else was ever pulled.
fn every_image_of_the_node_is_carried(ground: &Ground, carried: &[(String, String)]) {
    let socket = ground.stage.directory.join("node/run/containerd/containerd.sock");
    let socket = socket.to_str().expect("a plain path");
    let listed = ["ctr", "--address", socket, "--namespace", "k8s.io", "images", "list", "--quiet"];
    let listed = ground.stage.exec(listed).ok();
    let names: Vec<_> = listed.lines().filter(|name| name.contains('/') && *name != PAUSE).collect();
    assert!(names.len() >= 2, "{listed}");
    for name in names.into_iter().filter(|name| !name.starts_with("127.0.0.1:5000/stage/pause@")) {
        carried_as(carried, name);
    }
}

/// Returns a field of every container of a pod, with the container's name.
fn containers(pod: &Value, part: &str, lists: &[&str], field: &str) -> Vec<(String, String)> {
    let part = pod.pointer(part).expect("a part of a pod");
    let containers = lists.iter().filter_map(|list| part[*list].as_array()).flatten();
    let text = |container: &Value, field: &str| container[field].as_str().expect("a text").to_owned();
    containers.map(|container| (text(container, "name"), text(container, field))).collect()
}

/// Returns the bundle's own name and digest of an image; the image must be carried under this name.
fn carried_as<'a>(carried: &'a [(String, String)], image: &str) -> (&'a str, &'a str) {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let same = |entry: &&(String, String)| {
        let (carried, its_digest) = (entry.0.as_str(), entry.1.as_str());
        let named = carried == name || carried.rsplit_once(':').is_some_and(|(carried, _)| carried == name);
        named && digest.is_none_or(|digest| digest == its_digest)
    };
    let found = carried.iter().find(same);
    let (name, digest) = found.unwrap_or_else(|| panic!("the bundle does not carry `{image}`"));
    (name, digest)
}
