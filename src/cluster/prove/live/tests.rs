//! The life of the pods, against an API server in memory whose node answers at once.

use crate::cluster::objects::json::text;
use crate::rendered::LiveExpectation;
use serde_json::Value;
use std::future::{pending, ready};

use serde_json::json;

use super::report::LiveResult;
use super::*;
use crate::cluster::api::fake::{Fake, status};
use crate::rendered::{LiveEnd, LiveProbe, RenderedLayer};
use crate::report::Silent;
use crate::spec::Platform;

fn probe(name: &str, expect: LiveExpectation) -> LiveProbe {
    let end =
        |app: &str| LiveEnd { namespace: "shop".into(), labels: [("app".to_owned(), app.to_owned())].into() };
    let image = "registry.lan/alpine@sha256:00".to_owned();
    LiveProbe { name: name.into(), image, from: end("web"), to: end("cache"), port: 80, expect }
}

fn set(live: Vec<LiveProbe>) -> ObjectSet {
    let layer = RenderedLayer {
        name: "40-x".into(),
        objects: vec![],
        wait_for: vec![],
        timeout: std::time::Duration::from_millis(100),
        probes: vec![],
        live,
        generates: vec![],
    };
    ObjectSet { layers: vec![layer], platform: Platform::K3s, databases: vec![] }
}

fn both() -> ObjectSet {
    set(vec![probe("this-is-open", LiveExpectation::Open), probe("that-is-closed", LiveExpectation::Closed)])
}

/// Runs a listener; a client ends with an exit code and a message.
fn run(pod: &mut Value, exit: i64, message: &str) {
    pod["status"] = match text(pod, "/spec/containers/0/name") {
        "listener" => {
            json!({"podIP": "10.0.0.7", "containerStatuses": [{"started": true, "state": {"running": {}}}]})
        }
        _ => {
            json!({"containerStatuses": [{"state": {"terminated": {"exitCode": exit, "message": message}}}]})
        }
    };
}

async fn report(fake: &Fake, set: &ObjectSet) -> LiveReport {
    fake.cluster().probe_live(set, pending(), &Silent).await.unwrap()
}

fn verdicts(report: &LiveReport) -> Vec<String> {
    let line = |it: &LiveResult| format!("{} {}: {}", it.passed, it.name, report.verdict(it));
    report.results.iter().map(line).collect()
}

fn pods(fake: &Fake) -> Vec<String> {
    fake.state().objects.keys().filter(|path| path.contains("/pods/")).cloned().collect()
}

#[test]
fn both_pods_obey_pod_security_and_bear_the_labels_of_their_ends() {
    let probe = probe("p", LiveExpectation::Closed);
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&json!([pod::listener(&probe), pod::client(&probe, "10.0.0.7"),]))
            .unwrap()
    );
}

#[tokio::test]
async fn a_plugin_that_lets_everything_pass_is_found_out() {
    let fake = Fake::default();
    fake.state().kubelet = Some(|pod| run(pod, 0, ""));
    let report = report(&fake, &both()).await;
    assert!(report.nothing_is_enforced());
    assert_eq!(
        verdicts(&report),
        [
            "true this-is-open: open",
            "false that-is-closed: open, as is everything that must be closed: the cluster's network plugin does not enforce NetworkPolicies",
        ]
    );
    assert_eq!(pods(&fake), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_refused_or_lost_is_closed() {
    let fake = Fake::default();
    fake.state().kubelet = Some(|pod| run(pod, 1, "nc: 10.0.0.7: Connection refused\n"));
    let report = report(&fake, &both()).await;
    let refused = "closed: nc: 10.0.0.7: Connection refused";
    assert_eq!(
        verdicts(&report),
        [
            format!(
                "false this-is-open: {refused}: another policy forbids it, or the pod network does not route it"
            ),
            format!("true that-is-closed: {refused}"),
        ]
    );
    assert!(!report.nothing_is_enforced());
    assert_eq!(pods(&fake), Vec::<String>::new());
}

#[tokio::test]
async fn an_image_without_nc_proves_nothing() {
    let fake = Fake::default();
    fake.state().kubelet = Some(|pod| run(pod, 127, "sh: nc: not found"));
    assert_eq!(
        verdicts(&report(&fake, &both()).await)[1],
        "false that-is-closed: could not be tried: the image cannot try it: exit code 127: sh: nc: not found"
    );
}

#[tokio::test]
async fn a_listener_that_ends_proves_nothing_and_is_removed() {
    let fake = Fake::default();
    fake.state().kubelet = Some(|pod| {
        pod["status"] = json!({"phase": "Failed", "containerStatuses": [
            {"name": "listener", "state": {"terminated": {"exitCode": 1, "reason": "Error", "message": "nc: bind: in use"}}},
        ]});
    });
    let report = report(&fake, &both()).await;
    assert_eq!(
        verdicts(&report)[1],
        "false that-is-closed: could not be tried: the listening pod does not listen: container `listener`: \
         Error, exit code 1: nc: bind: in use, after 0 s"
    );
    assert!(!report.nothing_is_enforced());
    assert_eq!(pods(&fake), Vec::<String>::new());
}

#[tokio::test]
async fn a_refused_pod_is_reported_in_the_servers_words() {
    let fake = Fake::default();
    let refusal = status(403, "Forbidden", "exceeded quota: pods");
    fake.state().answers.insert("POST /api/v1/namespaces/shop/pods".into(), refusal);
    assert_eq!(
        verdicts(&report(&fake, &both()).await)[0],
        "false this-is-open: could not be tried: a pod in `shop` is refused (403): exceeded quota: pods"
    );
}

#[tokio::test]
async fn a_namespace_that_is_no_name_reaches_no_path() {
    let fake = Fake::default();
    let mut probe = probe("p", LiveExpectation::Open);
    probe.to.namespace = "../secrets".into();
    let report = report(&fake, &set(vec![probe])).await;
    assert_eq!(
        verdicts(&report),
        ["false p: could not be tried: `../secrets` is not a valid namespace name"]
    );
    assert_eq!(fake.state().writes, Vec::<String>::new());
}

#[tokio::test]
async fn a_run_that_is_stopped_leaves_no_pod() {
    let fake = Fake::default();
    let (cluster, set) = (fake.cluster(), both());
    let made = async {
        while fake.state().writes.len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    let error = cluster.probe_live(&set, made, &Silent).await.unwrap_err();
    assert!(matches!(error, ClusterError::LiveStopped), "{error}");
    assert_eq!(fake.state().writes.iter().filter(|write| write.starts_with("POST")).count(), 2);
    assert_eq!(pods(&fake), Vec::<String>::new());
}

#[tokio::test]
async fn leftovers_of_a_killed_run_are_removed_first() {
    let fake = Fake::default();
    let left = "/api/v1/namespaces/shop/pods/bundle-live-client-x";
    fake.put(
        left,
        json!({"metadata": {"name": "bundle-live-client-x", "labels": {"bundle/live-probe": "client"}}}),
    );
    let stopped = fake.cluster().probe_live(&both(), ready(()), &Silent).await;
    assert!(stopped.is_err());
    assert_eq!(fake.state().writes[0], format!("DELETE {left}"));
    let asked = "GET /api/v1/namespaces/shop/pods?limit=100&labelSelector=bundle%2Flive-probe&fieldSelector=";
    assert_eq!(fake.state().asked[0], asked);
}
