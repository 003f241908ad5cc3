//! What is no longer as it was installed is named by `status`, and no install calls it installed.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::ground::{Ground, NAMESPACE};
use bundle_testing::support::Ran;

const CONSTRAINT: &str = "k8sblocklatesttag/block-latest-tag";
const GATEKEEPER: &str = "--namespace=gatekeeper-system";

/// Returns the reasons that `status` gives, and its exit code.
fn reasons(ground: &Ground) -> (Option<i32>, Vec<String>) {
    let ran = ground.stage.bundle(["status", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("no JSON: {ran:?}"));
    let reasons = report["result"]["reasons"].as_array().expect("reasons").iter();
    (ran.code, reasons.map(|reason| reason.as_str().expect("a text").to_owned()).collect())
}

/// Asks until every one of the reasons is given: controllers take a moment.
pub fn until_named(ground: &Ground, beginnings: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let (code, reasons) = reasons(ground);
        let named = |beginning: &&str| reasons.iter().any(|reason| reason.starts_with(*beginning));
        if beginnings.iter().all(named) {
            assert_eq!(code, Some(1), "{reasons:?}");
            return probe_names(ground, beginnings);
        }
        assert!(Instant::now() < deadline, "{beginnings:?}: {reasons:#?}");
    }
}

/// `bundle probe` finds the same probes failing.
fn probe_names(ground: &Ground, beginnings: &[&str]) {
    let failing = beginnings.iter().filter_map(|reason| reason.strip_prefix("probe ")?.split(':').next());
    let failing: Vec<_> = failing.collect();
    if failing.is_empty() {
        return;
    }
    let probed = ground.stage.bundle(["probe", "b.tar", "--key", "mine.pub", "--site", "site.yaml"]);
    assert_eq!(probed.code, Some(1), "{probed:?}");
    for name in failing {
        assert!(probed.stdout.contains(&format!("FAIL  {name}\n")), "{name}: {}", probed.stdout);
    }
}

/// Asks until nothing is wrong.
pub fn until_as_installed(ground: &Ground) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while reasons(ground).0 != Some(0) {
        assert!(Instant::now() < deadline, "{:#?}", reasons(ground));
    }
}

/// An install that finds fields of another manager names it; it takes them over only with `--force-conflicts`.
fn installs_only_by_force(ground: &Ground, manager: &str) {
    let refused = ground.install("b.tar", []);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.contains(&format!("conflict with \"{manager}\"")), "{}", refused.stdout);
    assert!(refused.stdout.ends_with("NOT installed: 1 error; nothing was changed\n"), "{}", refused.stdout);
    ground.install("b.tar", ["--force-conflicts"]).ok();
    until_as_installed(ground);
}

fn kubectl<'a>(ground: &Ground, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    ground.stage.kubectl(arguments)
}

pub fn what_is_installed_is_as_installed(ground: &Ground) {
    ground.install("b.tar", []).ok();
    let began = Instant::now();
    let ran = ground.stage.bundle(["status"]).ok();
    eprintln!("stage: status: {:.2} s", began.elapsed().as_secs_f32());
    assert!(ran.starts_with("homelab-security 2026.11.0 (sha256:"), "{ran}");
    assert!(ran.contains("\npolicy block-latest-tag: deny, "), "{ran}");
    assert!(ran.contains("\nlayer 30-constraints: 4 objects, as installed\n"), "{ran}");
    assert!(ran.contains("\ndatabase ghcr.io/aquasecurity/trivy-db:2: built 2026-11-01T00:00:00Z"), "{ran}");
    assert!(ran.ends_with("\nas installed: healthy and enforcing\n"), "{ran}");
}

pub fn a_constraint_that_is_gone_is_named(ground: &Ground) {
    kubectl(ground, ["delete", CONSTRAINT]).ok();
    until_named(
        ground,
        &[
            "k8sblocklatesttag block-latest-tag: it is missing",
            "probe 30-constraints/latest-tag-is-refused: admitted: ",
        ],
    );
    ground.install("b.tar", []).ok();
    until_as_installed(ground);
}

pub fn a_policy_that_only_warns_is_named(ground: &Ground) {
    let patch = "--patch={\"spec\":{\"enforcementAction\":\"warn\"}}";
    kubectl(ground, ["patch", CONSTRAINT, "--type=merge", patch]).ok();
    until_named(
        ground,
        &[
            "k8sblocklatesttag block-latest-tag: `spec.enforcementAction` is \"warn\", installed was \"deny\"",
            "probe 30-constraints/latest-tag-is-refused: admitted, with a warning only: ",
        ],
    );
    installs_only_by_force(ground, "kubectl-patch");
}

pub fn a_namespace_that_is_less_strict_is_named(ground: &Ground) {
    let label = "pod-security.kubernetes.io/enforce=privileged";
    kubectl(ground, ["label", "namespace", NAMESPACE, label, "--overwrite"]).ok();
    until_named(
        ground,
        &[
            "namespace sealed: `metadata.labels[pod-security.kubernetes.io/enforce]` is \"privileged\", installed was \"restricted\"",
            "probe 00-namespaces/privileged-pod-is-refused-in-sealed: ",
        ],
    );
    installs_only_by_force(ground, "kubectl-label");
}

pub fn gatekeeper_that_is_scaled_away_is_named(ground: &Ground) {
    let deployment = "deployment/gatekeeper-controller-manager";
    kubectl(ground, ["scale", deployment, GATEKEEPER, "--replicas=0"]).ok();
    until_named(
        ground,
        &[
            "deployment gatekeeper-system/gatekeeper-controller-manager: `spec.replicas` is 0, installed was ",
            "validatingwebhookconfiguration gatekeeper-validating-webhook-configuration: webhook `validation.gatekeeper.sh`: service gatekeeper-system/gatekeeper-webhook-service has no ready endpoint",
            "probe 30-constraints/latest-tag-is-refused: admitted: the webhook may be failing open",
        ],
    );
    // Scaling does not keep the field: the install restores it, and proves that.
    let ran = ground.install("b.tar", []).ok();
    assert!(ran.ends_with("\ninstalled homelab-security 2026.11.0\n"), "{ran}");
    until_as_installed(ground);
}

/// Nothing is changed in the cluster, every object looks healthy, and nothing is judged any more.
pub fn a_webhook_that_nothing_reaches_is_named_and_is_not_installed(ground: &Ground) {
    let cut = |what: &str| {
        let rule = ["OUTPUT", "--protocol", "tcp", "--dport", "8443", "--jump", "REJECT"];
        let reset = ["--reject-with", "tcp-reset"];
        ground.stage.exec(["iptables", what].into_iter().chain(rule).chain(reset)).ok();
    };
    cut("--insert");
    until_named(
        ground,
        &["probe 30-constraints/latest-tag-is-refused: admitted: the webhook may be failing open"],
    );
    let ran = ground.install("b.tar", []);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("FAIL  30-constraints/latest-tag-is-refused\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("NOT installed: the applied policies do not enforce\n"), "{}", ran.stdout);
    cut("--delete");
    until_as_installed(ground);
}

/// Connections that the API server has open already outlive this, so that a probe may still be refused.
pub fn a_webhook_whose_service_leads_elsewhere_is_named(ground: &Ground) {
    let patch = "--patch={\"spec\":{\"selector\":{\"control-plane\":\"elsewhere\"}}}";
    kubectl(ground, ["patch", "service/gatekeeper-webhook-service", GATEKEEPER, "--type=merge", patch]).ok();
    until_named(
        ground,
        &[
            "service gatekeeper-system/gatekeeper-webhook-service: `spec.selector.control-plane` is \"elsewhere\", installed was ",
            "validatingwebhookconfiguration gatekeeper-validating-webhook-configuration: webhook ",
        ],
    );
    installs_only_by_force(ground, "kubectl-patch");
}
