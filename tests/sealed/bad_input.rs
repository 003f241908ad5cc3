//! What cannot work changes nothing, neither in the registry nor in the cluster.

use std::fs;

use super::audit::Audit;
use super::ground::{GATEKEEPER, Ground};
use super::traffic::Traffic;
use bundle_testing::support::Ran;

const IMAGE: &str = "docker.io/openpolicyagent/gatekeeper:v3.23.1";

pub fn an_incomplete_bundle_is_not_built_for_a_site(ground: &Ground) {
    let ran = build_without_gatekeeper(ground, "sites: [sites/homelab.yaml]");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains(&format!("the bundle does not carry `{IMAGE}`")), "{}", ran.stderr);
    assert!(!ground.stack.path("incomplete.tar").exists(), "no bundle is left");
}

pub fn an_incomplete_bundle_changes_nothing(ground: &Ground) {
    build_without_gatekeeper(ground, "sites: []").ok();
    let (traffic, audit) = (Traffic::from_now(&ground.stage), Audit::from_now(&ground.stage));
    let before = ground.stage.objects();
    let ran = ground.install("incomplete.tar", []);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("the bundle does not carry `{IMAGE}`")), "{}", ran.stderr);
    assert_eq!(traffic.requests(&ground.stage), Vec::<String>::new());
    assert_eq!(audit.writes(&ground.stage), Vec::<String>::new());
    assert_eq!(before.changes(&ground.stage.objects()), Vec::<String>::new());
}

/// Builds the shipped spec without Gatekeeper's image, with other sites than its own.
fn build_without_gatekeeper(ground: &Ground, sites: &str) -> Ran {
    let spec = fs::read_to_string(ground.stack.path("bundles/homelab.yaml")).expect("the spec");
    let image = format!("    images:\n      - {{ref: \"{IMAGE}\", verify: gatekeeper}}\n");
    assert!(image.contains(GATEKEEPER) && spec.contains(&image), "the shipped spec has another image");
    let text = spec.replace(&image, "").replace("sites: [sites/homelab.yaml]", sites);
    ground.stack.write("bundles/incomplete.yaml", &text);
    let build = ["build", "bundles/incomplete.yaml", "-o", "incomplete.tar", "--key", "mine.key"];
    ground.stack.bundle(build.into_iter().chain(["--registries", "registries.yaml"]))
}

pub fn an_unreachable_cluster_is_reported_before_a_byte_is_pushed(ground: &Ground) {
    let kubeconfig = ground.stage.read("kubeconfig").replace("127.0.0.1:16443", "127.0.0.1:1");
    ground.stack.write("nowhere.kubeconfig", &kubeconfig);
    let traffic = Traffic::from_now(&ground.stage);
    let ran = ground.install("b.tar", ["--kubeconfig", "nowhere.kubeconfig"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    let words = "error: failed to ask the API server at `https://127.0.0.1:1`\n  caused by: ";
    assert!(ran.stderr.contains(words) && ran.stderr.contains("Connection refused"), "{}", ran.stderr);
    assert_eq!(traffic.requests(&ground.stage), Vec::<String>::new());
}
