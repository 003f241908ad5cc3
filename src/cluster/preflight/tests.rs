//! All findings at once, against an API server in memory. A real one is asked in the integration tests.

use crate::cluster::preflight::query::Intent;
use crate::cluster::record::inventory::Revision;
use crate::reference::ImageRef;
use crate::rendered::{ObjectSet, RenderedSet};
use crate::report::Finding;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::cluster::api::fake::{Fake, status};
use crate::rendered::{RenderedLayer, RenderedObject};
use crate::spec::Platform;

const REVIEW: &str = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const PODS: &str = "POST /api/v1/namespaces/gatekeeper-system/pods";
const AUDIT: &str = "/apis/apps/v1/namespaces/gatekeeper-system/deployments/audit";

fn set() -> RenderedSet {
    let pod = json!({"spec": {"containers": [{"name": "manager"}]}});
    let audit = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "audit", "namespace": "gatekeeper-system", "labels": {"gatekeeper.sh/system": "yes"}},
        "spec": {"template": pod},
    });
    let falco = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "falco", "namespace": "falco"},
        "data": {"falco.yaml": "engine: {kind: modern_ebpf}"},
    });
    let object = |value| RenderedObject { source: "10-x/objects.yaml".into(), value, optional: false };
    let layer = RenderedLayer {
        name: "10-x".into(),
        objects: vec![object(audit), object(falco)],
        wait_for: vec![],
        timeout: Duration::from_millis(100),
        probes: vec![],
        live: vec![],
        generates: vec![],
    };
    let used = BTreeSet::from([image()]);
    let objects = ObjectSet { layers: vec![layer], platform: Platform::K3s, databases: vec![] };
    RenderedSet { objects, node_files: vec![], used }
}

fn image() -> ImageRef {
    "docker.io/openpolicyagent/gatekeeper:v3.23.1".parse().expect("a reference")
}

fn node(name: &str, architecture: &str, kernel: &str) -> Value {
    let info = json!({
        "operatingSystem": "linux", "architecture": architecture, "kernelVersion": kernel, "kubeletVersion": "v1.34.4+k3s1",
        "osImage": "Debian GNU/Linux 12 (bookworm)", "containerRuntimeVersion": "containerd://2.1.4-k3s1",
    });
    json!({"metadata": {"name": name}, "status": {"nodeInfo": info}})
}

async fn ask(fake: &Fake, registry: &str) -> Vec<Finding> {
    let revision = Revision { bundle: "homelab".into(), version: "2".into(), digest: "sha256:2".into() };
    let platforms = BTreeMap::from([(image(), vec!["linux/amd64".to_owned()])]);
    let set = set();
    let intent =
        Intent { revision: &revision, set: &set, platforms: &platforms, registry, force_conflicts: false };
    fake.cluster().preflight(&intent).await.expect("answered")
}

fn grant(fake: &Fake, allowed: bool) {
    fake.state().answers.insert(REVIEW.into(), (201, json!({"status": {"allowed": allowed}})));
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn on_a_cluster_that_fits_there_is_nothing_to_say_and_nothing_is_kept() {
    let fake = Fake::default();
    grant(&fake, true);
    fake.put("/api/v1/nodes/a", node("a", "amd64", "6.12.41"));
    let before = fake.state().objects.clone();
    assert_eq!(ask(&fake, "registry.lan:5000").await, []);
    assert_eq!(fake.state().objects, before);
}

#[tokio::test]
async fn everything_that_is_wrong_is_found_at_once_and_errors_come_first() {
    let fake = Fake::default();
    grant(&fake, false);
    fake.put("/api/v1/nodes/a", node("a", "amd64", "5.4.0-216-generic"));
    fake.put("/api/v1/nodes/pi", node("pi", "arm64", "6.12.41"));
    let mut audit = json!({"metadata": {"name": "audit", "namespace": "gatekeeper-system"}});
    audit["metadata"]["labels"] = json!({"kustomize.toolkit.fluxcd.io/name": "apps"});
    fake.put(AUDIT, audit);
    fake.put(
        "/apis/apps/v1/deployments/theirs",
        json!({"metadata": {"name": "audit", "namespace": "opa", "labels": {"gatekeeper.sh/system": "yes"}}}),
    );
    let words = "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true";
    fake.state().answers.insert(PODS.into(), status(403, "Forbidden", words));
    fake.put(
        "/api/v1/namespaces/bundle-system/configmaps/bundle-revision",
        json!({"data": {"format": "1", "bundle": "homelab", "version": "3", "digest": "sha256:3", "complete": "false", "ownsNamespace": "true", "layers": "[]"}}),
    );
    assert_snapshot!(lines(&ask(&fake, "127.0.0.1:5000").await), @r#"
    error: node `pi`: linux/arm64, and the bundle has `docker.io/openpolicyagent/gatekeeper:v3.23.1` for linux/amd64; expected images for linux/arm64
      hint: add `linux/arm64` to `targets` in the bundle's spec, then lock and build it again
    error: rights: this user may not create, delete, get, patch namespaces; create, delete, get, patch configmaps in `bundle-system`; create, delete, get, patch configmaps in `falco`; create, delete, get, list, patch, watch deployments.apps in `gatekeeper-system`; list events in `gatekeeper-system`; list pods in `gatekeeper-system`; expected the rights to apply, wait, probe and remove
      hint: `kubectl auth can-i --list` shows the rights of this user; use a user that has the missing ones; the first of them: `kubectl auth can-i create namespaces`
    error: deployment gatekeeper-system/audit: it belongs to the Flux Kustomization `apps`; expected no other owner
      hint: remove it from the Flux Kustomization `apps`, or from this site; `--force-conflicts` takes its fields over until the owner changes them back
    error: deployment gatekeeper-system/audit: its pods would be refused: violates PodSecurity "restricted:latest": runAsNonRoot != true; expected a Pod Security level that admits them
      hint: set `podSecurity` for `gatekeeper-system` under `namespaces` in the site file, or label it: `kubectl label namespace gatekeeper-system pod-security.kubernetes.io/enforce=privileged`
    warning: node `a`: kernel 5.4.0-216-generic; expected 5.8 or newer, for Falco's modern eBPF probe
      hint: on the node, `test -r /sys/kernel/btf/vmlinux` shows whether its distribution supports BTF anyway
    warning: registry `127.0.0.1:5000`: each of the 2 nodes would connect to itself; expected an address that every node can reach
      hint: set `registry.address` in the site file to the registry's host name or IP address, unless every node runs its own registry there
    warning: installed: 3: this is a downgrade to 2; expected 2 or older
      hint: older definitions may not read objects that newer ones stored: `bundle diff` of the two shows the changes
    warning: Gatekeeper: another one exists: deployment `opa/audit`; expected one per cluster
      hint: remove the other one, or leave the component out of the bundle's spec
    note: installed: the install of `homelab` 3 is incomplete: this install continues it
    "#);
}

#[tokio::test]
async fn objects_that_the_user_may_not_read_are_reported_and_the_rest_is_checked() {
    let fake = Fake::default();
    grant(&fake, true);
    let words = "nodes is forbidden: User \"u\" cannot list resource \"nodes\"";
    fake.state().answers.insert("GET /api/v1/nodes".into(), status(403, "Forbidden", words));
    fake.state().answers.insert(format!("GET {AUDIT}"), status(403, "Forbidden", "no"));
    assert_snapshot!(lines(&ask(&fake, "registry.lan:5000").await), @r#"
    warning: the nodes: cannot be read: nodes is forbidden: User "u" cannot list resource "nodes"; expected a user who can read them
      hint: `kubectl auth can-i --list` shows what this user may do
    "#);
}
