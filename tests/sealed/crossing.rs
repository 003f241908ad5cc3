//! The bundle is installed, enforces, is installed again, and repaired.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::audit::Audit;
use super::ground::{Ground, NAMESPACE};
use super::pods::restricted_pod;
use super::traffic::Traffic;

const TAGGED: &str = "docker.io/falcosecurity/falcosidekick:2.34.1";
const REFUSAL: &str = "admission webhook \"validation.gatekeeper.sh\" denied the request: \
                       [block-latest-tag] Container <web> uses :latest tag: nginx:latest\n";
const WEBHOOK_SECRET: &str = "v1 Secret gatekeeper-system/gatekeeper-webhook-server-cert";

pub fn the_bundle_is_installed(ground: &Ground) {
    let ran = ground.install("b.tar", []).ok();
    assert!(ran.ends_with(" 0 pruned\ninstalled homelab-security 2026.11.0\n"), "{ran}");
    for probe in [
        "ok    00-namespaces/privileged-pod-is-refused-in-sealed\n",
        "ok    30-constraints/latest-tag-is-refused\n",
        "ok    30-constraints/compliant-pod-is-admitted\n",
    ] {
        assert!(ran.contains(probe), "{ran}");
    }
}

pub fn gatekeeper_refuses_the_latest_tag(ground: &Ground) {
    let refused = ground.create(&restricted_pod("web", "nginx:latest"));
    assert_eq!(refused.code, Some(1));
    let beginning = "Error from server (Forbidden): error when creating \"object.json\": ";
    assert_eq!(refused.stderr, format!("{beginning}{REFUSAL}"));
    let refused = ground.stage.kubectl(["run", "web", "--image=nginx:latest"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    // Gatekeeper puts what several policies say in any order.
    for said in [
        "admission webhook \"validation.gatekeeper.sh\" denied the request: ",
        "[block-latest-tag] Container <web> uses :latest tag: nginx:latest\n",
        "[require-container-limits] Container <web> has no CPU limit\n",
    ] {
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}

pub fn a_tagged_pod_runs_in_the_restricted_namespace(ground: &Ground) {
    let admitted = ground.create(&restricted_pod("tagged", TAGGED));
    assert_eq!(admitted.ok(), "pod/tagged created\n");
    let namespace = format!("--namespace={NAMESPACE}");
    ground.stage.kubectl(["wait", "--for=condition=Ready", "pod/tagged", &namespace, "--timeout=60s"]).ok();
}

pub fn a_second_install_sends_and_changes_nothing(ground: &Ground) {
    let (traffic, audit) = (Traffic::from_now(&ground.stage), Audit::from_now(&ground.stage));
    let before = ground.stage.objects();
    let began = Instant::now();
    let ran = ground.install("b.tar", ["--format", "json"]).ok();
    tell_time(began.elapsed(), audit.answering(&ground.stage));
    let after = ground.stage.objects();
    let report: Value = serde_json::from_str(&ran).expect("JSON");
    let (push, objects) = (&report["result"]["push"], &report["result"]["objects"]);
    assert_eq!((&push["blobs"], &push["bytes"]), (&0.into(), &0.into()), "{push}");
    assert_eq!(
        (&objects["created"], &objects["changed"], &objects["pruned"]),
        (&0.into(), &0.into(), &0.into())
    );
    assert_eq!(before.changes(&after), Vec::<String>::new());
    assert_eq!(audit.writes(&ground.stage), Vec::<String>::new());
    assert!(!before.written(&after).contains(&WEBHOOK_SECRET.into()), "the Secret was written to");
    assert!(audit.dry_runs(&ground.stage) >= 5, "the probes are seen in the audit log");
    assert_eq!(sent(ground, &traffic), offered_again(ground));
}

/// The program is not optimized here, and this machine has other work: the time is shown, and nothing is made of it.
fn tell_time(took: Duration, answering: Duration) {
    eprintln!(
        "stage: a second install: {:.2} s, the API server answered for {:.2} s of it: {:.2} s beyond",
        took.as_secs_f32(),
        answering.as_secs_f32(),
        took.saturating_sub(answering).as_secs_f32()
    );
}

/// Returns the requests that did more than look whether something is there, and what is listed as a referrer.
fn sent(ground: &Ground, traffic: &Traffic) -> Vec<String> {
    let mut sent = traffic.requests(&ground.stage);
    let listed = |request: &String| {
        request.starts_with("GET ")
            && (request.contains("/referrers/") || request.contains("/manifests/sha256-"))
    };
    sent.retain(|request| !request.starts_with("HEAD ") && !listed(request));
    sent.sort();
    sent
}

/// Returns what is sent each time: upstream's own indexes, if the bundle has only some of their platforms.
/// This registry refuses an index without all of its parts; a newer one might accept it.
fn offered_again(ground: &Ground) -> Vec<String> {
    let mut offered = Vec::new();
    for (name, digest) in ground.entries("original") {
        let path = name.split('@').next().and_then(|name| name.split_once('/')).expect("a repository").1;
        offered.push(format!("PUT /v2/{path}/manifests/{digest}"));
    }
    assert!(offered.len() > 1, "the shipped spec has images with more platforms than the bundle");
    offered.sort();
    offered
}

pub fn a_constraint_that_is_gone_is_found_out_and_put_back(ground: &Ground) {
    ground.stage.kubectl(["delete", "k8sblocklatesttag", "block-latest-tag"]).ok();
    let failed = until_a_probe_fails(ground);
    assert!(failed.contains("FAIL  30-constraints/latest-tag-is-refused\n"), "{failed}");
    assert!(failed.contains("ok    30-constraints/compliant-pod-is-admitted"), "{failed}");
    let repaired = ground.install("b.tar", []).ok();
    assert!(repaired.contains("\n1 objects created, 0 changed, "), "{repaired}");
    gatekeeper_refuses_the_latest_tag(ground);
}

/// Gatekeeper enforces what is gone until it has seen that it is gone.
fn until_a_probe_fails(ground: &Ground) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let ran = ground.stage.bundle(["probe", "b.tar", "--key", "mine.pub", "--site", "site.yaml"]);
        if ran.code == Some(1) {
            return ran.stdout;
        }
        assert!(Instant::now() < deadline, "{ran:?}");
    }
}
