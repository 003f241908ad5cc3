//! Installs against an API server in memory: what is written, what is left alone, and the errors.

mod enforce;
mod lease;
mod revision;
mod rollback;
mod status;

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::cluster::api::fake::{Fake, status};
use crate::rendered::{Condition, Expectation, Generated, ObjectSet, Probe, RenderedLayer, RenderedObject};
use crate::report::Silent;
use crate::spec::Platform;

mod plan;
mod time_outs;

const SETTINGS: &str = "/api/v1/namespaces/lumen/configmaps/settings";
const REVISION: &str = "/api/v1/namespaces/bundle-system/configmaps/bundle-revision";
const WIDGETS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com";

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lumen"}})
}

fn settings(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "lumen"}, "data": {"a": "b"}})
}

fn widgets() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true}],
        },
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    })
}

fn layer(name: &str, objects: Vec<Value>) -> RenderedLayer {
    let object = |value| RenderedObject { source: format!("{name}/objects.yaml"), value, optional: false };
    RenderedLayer {
        name: name.into(),
        objects: objects.into_iter().map(object).collect(),
        wait_for: vec![],
        timeout: Duration::from_millis(100),
        probes: vec![],
        live: vec![],
        generates: vec![],
    }
}

fn set(objects: Vec<Value>) -> ObjectSet {
    ObjectSet { layers: vec![layer("10-lumen", objects)], platform: Platform::K3s, databases: vec![] }
}

async fn install(fake: &Fake, set: &ObjectSet) -> Result<ApplyReport, InstallError> {
    install_version(fake, set, "1").await
}

async fn install_version(fake: &Fake, set: &ObjectSet, version: &str) -> Result<ApplyReport, InstallError> {
    fake.cluster().install(set, &revision(version), &ApplyOptions::default(), &caller(), &Silent).await
}

fn revision(version: &str) -> Revision {
    Revision { bundle: "homelab".into(), version: version.into(), digest: "sha256:00".into() }
}

fn caller() -> Caller {
    Caller::starting(1_795_305_600, "7f".into(), |token| token == "8e")
}

async fn uninstall(fake: &Fake) -> UninstallReport {
    fake.cluster().uninstall(&WithContents::default(), &caller(), &Silent).await.expect("uninstalled")
}

fn refusal<T: std::fmt::Debug, E: Into<InstallError> + std::fmt::Debug>(result: Result<T, E>) -> String {
    let error = result.expect_err("it must not work").into();
    let error = error.cause();
    format!("{error}\nhint: {}\nrefusal: {}", error.hint().unwrap_or_default(), error.is_refusal())
}

fn names(ids: &[ObjectId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_second_install_changes_nothing_and_does_not_touch_the_inventory() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings"), namespace()]));
    let first = install(&fake, &set).await.expect("installed");
    assert_eq!((first.created(), first.changed(), first.unchanged()), (2, 0, 0));
    let before = fake.state().objects.clone();
    fake.state().writes.clear();
    let second = install(&fake, &set).await.expect("installed again");
    assert_eq!((second.created(), second.changed(), second.unchanged()), (0, 0, 2));
    assert_eq!(fake.state().objects, before);
    assert_eq!(fake.state().writes, Vec::<String>::new());
}

#[tokio::test]
async fn what_drifted_is_put_right_and_what_did_not_is_not_sent() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings"), namespace()]));
    let _ = install(&fake, &set).await.expect("installed");
    if let Some(object) = fake.state().objects.get_mut(SETTINGS) {
        object["data"]["a"] = json!("drifted");
        object["metadata"]["managedFields"] = json!([]);
    }
    fake.state().writes.clear();
    let report = install(&fake, &set).await.expect("installed again");
    assert_eq!(names(&report.layers[0].changed), ["configmap lumen/settings"]);
    assert_eq!(fake.state().objects[SETTINGS]["data"]["a"], "b");
    assert!(!fake.state().writes.iter().any(|write| write == "PATCH /api/v1/namespaces/lumen"));
}

#[tokio::test]
async fn what_was_installed_goes_and_nothing_else() {
    let fake = Fake::default();
    fake.put("/api/v1/namespaces/default", json!({"kind": "Namespace", "metadata": {"name": "default"}}));
    let before = fake.state().objects.clone();
    let _ = install(&fake, &set(vec![namespace(), settings("settings")])).await.expect("installed");
    let inventory = fake.cluster().inventory().await.expect("readable").expect("written");
    assert!(inventory.complete && inventory.entries().all(|entry| entry.created && entry.uid.is_some()));
    let report = uninstall(&fake).await;
    assert_eq!(names(&report.removal.deleted), ["configmap lumen/settings", "namespace lumen"]);
    assert_eq!(fake.state().objects, before);
    assert_eq!(uninstall(&fake).await.revision, None);
}

#[tokio::test]
async fn what_was_there_before_stays_and_gets_no_label() {
    let fake = Fake::default();
    fake.put(SETTINGS, settings("settings"));
    let report = install(&fake, &set(vec![namespace(), settings("settings")])).await.expect("installed");
    assert_eq!(names(&report.layers[0].adopted), ["configmap lumen/settings"]);
    assert_eq!(fake.state().objects[SETTINGS].pointer("/metadata/labels"), None);
    let report = uninstall(&fake).await;
    assert_eq!(names(&report.removal.released), ["configmap lumen/settings"]);
    assert!(fake.state().objects.contains_key(SETTINGS));
    let (kept, reason) = &report.removal.kept[0];
    assert_eq!(
        format!("{kept}: {reason}"),
        "namespace lumen: it still contains foreign objects: configmap settings"
    );
}

#[tokio::test]
async fn an_object_that_others_recreated_stays() {
    let fake = Fake::default();
    let _ = install(&fake, &set(vec![settings("settings")])).await.expect("installed");
    fake.put(SETTINGS, settings("settings"));
    let report = uninstall(&fake).await;
    assert_eq!(report.removal.kept[0].1, "someone else recreated it");
    assert!(fake.state().objects.contains_key(SETTINGS));
}

#[tokio::test]
async fn what_left_the_set_is_pruned() {
    let fake = Fake::default();
    let _ = install(&fake, &set(vec![settings("settings"), settings("old")])).await.expect("installed");
    let report = install(&fake, &set(vec![settings("settings")])).await.expect("installed");
    assert_eq!(names(&report.pruned.deleted), ["configmap lumen/old"]);
    let inventory = fake.cluster().inventory().await.expect("readable").expect("written");
    assert_eq!(inventory.entries().count(), 1);
}

#[tokio::test]
async fn an_interrupted_install_continues_and_can_be_uninstalled() {
    let fake = Fake::default();
    let refused = format!("PATCH {}", SETTINGS.replace("settings", "second"));
    fake.state().answers.insert(refused.clone(), status(422, "Invalid", "data: Invalid value"));
    let set = set(vec![settings("settings"), settings("second")]);
    assert_snapshot!(refusal(install(&fake, &set).await), @r"
    configmap lumen/second (`10-lumen/objects.yaml`) is refused (422): data: Invalid value
    hint: 
    refusal: true
    ");
    let inventory =
        fake.cluster().inventory().await.expect("readable").expect("written before anything was applied");
    assert!(!inventory.complete && inventory.entries().all(|entry| entry.created && entry.uid.is_none()));
    let interrupted = fake.state().objects.clone();

    let report = uninstall(&fake).await;
    assert_eq!(names(&report.removal.deleted), ["configmap lumen/settings"]);
    assert_eq!(names(&report.removal.absent), ["configmap lumen/second"]);

    fake.state().objects = interrupted;
    fake.state().answers.remove(&refused);
    let _ = install(&fake, &set).await.expect("it continues");
    let inventory = fake.cluster().inventory().await.expect("readable").expect("written");
    assert!(inventory.complete && inventory.entries().all(|entry| entry.created && entry.uid.is_some()));
}

#[tokio::test]
async fn a_definition_with_instances_of_others_stays() {
    let fake = Fake::default();
    let _ = install(&fake, &set(vec![widgets()])).await.expect("installed");
    let widget = json!({"kind": "Widget", "metadata": {"name": "theirs", "namespace": "default"}});
    fake.put("/apis/example.com/v1/widgets/theirs", widget);
    let report = uninstall(&fake).await;
    assert_eq!(report.removal.kept[0].1, "it still has foreign instances: widget default/theirs");
    assert!(fake.state().objects.contains_key(WIDGETS));
    fake.state().objects.remove("/apis/example.com/v1/widgets/theirs");
    let report = uninstall(&fake).await;
    assert_eq!(names(&report.removal.deleted), ["customresourcedefinition widgets.example.com"]);
    assert!(!fake.state().objects.contains_key(REVISION));
}

#[tokio::test]
async fn what_a_layers_programs_made_goes_with_it() {
    let fake = Fake::default();
    let mut set = set(vec![widgets(), namespace()]);
    set.layers[0].generates = vec![
        Generated { kinds: vec!["example.com/Widget".into()], namespace: None, names: vec![] },
        Generated {
            kinds: vec!["ConfigMap".into()],
            namespace: Some("lumen".into()),
            names: vec!["made".into()],
        },
    ];
    let _ = install(&fake, &set).await.expect("installed");
    let widget = json!({"kind": "Widget", "metadata": {"name": "made", "namespace": "default"}});
    fake.put("/apis/example.com/v1/widgets/made", widget);
    fake.put(&SETTINGS.replace("settings", "made"), settings("made"));
    let report = uninstall(&fake).await;
    assert_eq!(report.removal.kept, []);
    assert!(!fake.state().objects.contains_key(WIDGETS) && !fake.state().objects.contains_key(REVISION));
}

#[tokio::test]
async fn what_holds_something_of_others_goes_only_when_it_is_named() {
    let fake = Fake::default();
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "lumen"}});
    let _ = install(&fake, &set(vec![widgets(), namespace(), claim])).await.expect("installed");
    let widget = json!({"kind": "Widget", "metadata": {"name": "theirs", "namespace": "default"}});
    fake.put("/apis/example.com/v1/widgets/theirs", widget);
    let smaller = set(vec![settings("settings")]);
    let report = install(&fake, &smaller).await.expect("installed");
    let kept: Vec<_> = report.pruned.kept.iter().map(|(id, reason)| format!("{id}: {reason}")).collect();
    assert_eq!(
        kept,
        [
            "persistentvolumeclaim lumen/data: it holds data",
            "customresourcedefinition widgets.example.com: it still has foreign instances: widget default/theirs",
            "namespace lumen: it still contains foreign objects: configmap settings",
        ]
    );
    let named = ["persistentvolumeclaim/lumen/data", "CustomResourceDefinition/widgets.example.com"];
    let delete_with_contents = WithContents(named.map(str::to_owned).to_vec());
    let options = ApplyOptions { delete_with_contents, ..Default::default() };
    let report = fake
        .cluster()
        .install(&smaller, &revision("1"), &options, &caller(), &Silent)
        .await
        .expect("installed");
    assert_eq!(
        names(&report.pruned.deleted),
        ["persistentvolumeclaim lumen/data", "customresourcedefinition widgets.example.com"]
    );
}

#[tokio::test]
async fn a_conflict_names_object_field_and_owner() {
    let fake = Fake::default();
    let cause = json!({"reason": "FieldManagerConflict", "field": ".data.a", "message": "conflict with \"helm\" using v1"});
    let (code, mut body) = status(409, "Conflict", "Apply failed with 1 conflict");
    body["details"] = json!({"causes": [cause]});
    fake.state().answers.insert(format!("PATCH {SETTINGS}"), (code, body));
    assert_snapshot!(refusal(install(&fake, &set(vec![settings("settings")])).await), @r#"
    configmap lumen/settings (`10-lumen/objects.yaml`): `.data.a`: conflict with "helm" using v1
    hint: take the fields over with `--force-conflicts`, or leave them to their owner and remove them from the site file
    refusal: true
    "#);
}

#[tokio::test]
async fn faults_of_the_set_are_found_before_anything_is_changed() {
    let fake = Fake::default();
    let monitor = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "a"}});
    assert_snapshot!(refusal(install(&fake, &set(vec![namespace(), monitor])).await), @r"
    `10-lumen/objects.yaml`: the cluster does not know the kind `ServiceMonitor` of `monitoring.coreos.com/v1`
    hint: put the CustomResourceDefinition of `ServiceMonitor` into the same layer or an earlier one; `kubectl api-resources` lists the kinds that the cluster serves
    refusal: true
    ");
    assert_snapshot!(refusal(install(&fake, &set(vec![settings("a"), settings("a")])).await), @r"
    `10-lumen/objects.yaml`: configmap lumen/a is in `10-lumen/objects.yaml` too
    hint: 
    refusal: false
    ");
    assert_snapshot!(refusal(install(&fake, &set(vec![settings("a/../b")])).await), @r"
    `10-lumen/objects.yaml`: `a/../b` is not a valid object name
    hint: 
    refusal: false
    ");
    assert_eq!(fake.state().writes, Vec::<String>::new());
}

#[tokio::test]
async fn a_missing_image_is_named_when_the_time_is_up() {
    let fake = Fake::default();
    let waiting = json!({"reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry.lan/audit:1\": not found"});
    fake.put("/api/v1/namespaces/lumen/pods/audit-x", json!({"metadata": {"name": "audit-x"}, "status":
        {"containerStatuses": [{"name": "a", "image": "registry.lan/audit:1", "state": {"waiting": waiting}}]}}));
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "audit", "namespace": "lumen"},
        "spec": {"replicas": 1}, "status": {"updatedReplicas": 1}});
    let mut set = set(vec![deployment]);
    set.layers[0].wait_for = vec![Condition::RolloutsComplete];
    assert_snapshot!(refusal(install(&fake, &set).await), @r#"
    layer `10-lumen` is not ready after 0 s: deployment lumen/audit: 0 of 1 ready: image pull failed: `registry.lan/audit:1`: ImagePullBackOff: Back-off pulling image "registry.lan/audit:1": not found (pod audit-x)
    hint: `bundle push FILE REGISTRY --key PUB` pushes every image of the bundle; the nodes must be configured to pull from that registry (`bundle render` writes their files)
    refusal: true
    "#);
}

#[tokio::test]
async fn a_definition_that_is_never_established_stops_the_layer() {
    let fake = Fake::default();
    let mut definition = widgets();
    definition["status"] = json!({});
    let set = set(vec![
        definition,
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}),
    ]);
    assert_snapshot!(refusal(install(&fake, &set).await), @r"
    layer `10-lumen` is not ready after 0 s: customresourcedefinition widgets.example.com: not established
    hint: `kubectl describe customresourcedefinition widgets.example.com` shows more; then run the same command again to continue
    refusal: true
    ");
    assert!(!fake.state().writes.iter().any(|write| write.contains("example.com/v1/")));
}

#[tokio::test]
async fn probes_are_dry_runs_and_tell_a_webhook_that_fails_open() {
    let fake = Fake::default();
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}});
    let probe = |name: &str, expect| Probe { name: name.into(), object: pod.clone(), expect };
    let words = vec!["validation.gatekeeper.sh".to_owned()];
    let mut set = set(vec![]);
    set.layers[0].probes = vec![
        probe("refused", Expectation::Refused { words }),
        probe("warned", Expectation::Warned { words: vec![":latest".into()] }),
        probe("admitted", Expectation::Admitted),
    ];
    fake.state().warning = Some("[block] uses :latest".into());
    let report = fake.cluster().probe(&set, Patience::Layer, &Silent).await.expect("answered");
    let lines = report
        .results
        .iter()
        .map(|one| format!("{} {} {}: {}", one.name, one.passed, one.status, one.verdict));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    refused false 201: admitted: the webhook may be failing open
    warned true 201: admitted with a warning
    admitted true 201: admitted
    ");
    assert!(!report.passed());
    assert_eq!(fake.state().objects.len(), 0);
}

#[tokio::test]
async fn what_does_not_go_is_named_with_what_holds_it() {
    let fake = Fake::default();
    let _ = install(&fake, &set(vec![settings("settings")])).await.expect("installed");
    fake.state().held.push(SETTINGS.into());
    if let Some(object) = fake.state().objects.get_mut(SETTINGS) {
        object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    }
    let remover = change::remove::Remover {
        api: &fake.cluster().api,
        reporter: &Silent,
        generated: vec![],
        asked: &WithContents::default(),
    };
    let inventory = fake.cluster().inventory().await.expect("readable").expect("written");
    let entry = inventory.entries().next().expect("one object");
    let held = vec![(entry.id.clone(), entry.uid.clone().unwrap_or_default())];
    assert_snapshot!(refusal(remover.wait_gone(held, Duration::from_millis(50)).await), @r"
    still not deleted after 0 s: configmap lumen/settings (held by example.com/hold)
    hint: the controllers that own its finalizers must run to remove them (`kubectl -n lumen get configmap settings -o yaml` shows them); then run the same command again
    refusal: true
    ");
}

#[test]
fn everything_can_run_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let _inside = runtime.enter();
    let (cluster, set) = (Fake::default().cluster(), set(vec![]));
    let caller = caller();
    is_send(&cluster.install(&set, &Revision::default(), &ApplyOptions::default(), &caller, &Silent));
    is_send(&cluster.probe(&set, Patience::Brief, &Silent));
    is_send(&cluster.uninstall(&WithContents::default(), &caller, &Silent));
    is_send(&cluster.roll_back(&RollbackTarget::TakeAway, &ApplyOptions::default(), &caller, &Silent));
    is_send(&Cluster::connect(&ConnectOptions::default()));
}
