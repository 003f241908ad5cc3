//! Policies are moved between warn, dryrun and deny, and the next install finds nothing in its way.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::ground::{Ground, NAMESPACE};
use super::status::{until_as_installed, until_named};
use bundle_testing::support::Ran;

const POLICY: &str = "--policy=block-latest-tag";

fn enforce<'a>(ground: &Ground, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    ground.stage.bundle(["enforce"].into_iter().chain(arguments))
}

/// Returns the objects that an install would change, and the paths of their fields.
fn planned(ground: &Ground, site: &str) -> Vec<String> {
    let plan = [
        "install",
        "b.tar",
        "--key",
        "mine.pub",
        "--trusted-root",
        "root.json",
        "--plan",
        "--format",
        "json",
    ];
    let ran = ground.stage.bundle(plan.into_iter().chain(["--site", site]));
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("no JSON: {ran:?}"));
    let objects = plan["result"]["objects"].as_array().expect("objects").iter();
    let changed = objects.filter(|object| object["action"] != "keep");
    changed
        .map(|object| format!("{} {}: {}", object["object"]["name"], object["action"], object["fields"]))
        .collect()
}

pub fn a_policy_is_moved_and_the_next_install_would_move_it_back(ground: &Ground) {
    let kept = enforce(ground, ["deny"]).ok();
    assert!(kept.starts_with("block-latest-tag: already deny\n"), "{kept}");
    let moved = enforce(ground, ["warn", POLICY]).ok();
    assert_eq!(
        moved,
        "block-latest-tag: deny -> warn\n\
         the next install sets what its site file says; add `--to-site FILE` to write this to it\n\
         every Gatekeeper pod enforces warn\n"
    );
    let fields = "[{\"path\":\"spec.enforcementAction\",\"before\":\"warn\",\"after\":\"deny\"}]";
    assert_eq!(planned(ground, "site.yaml"), [format!("\"block-latest-tag\" \"change\": {fields}")]);
    until_named(ground, &["k8sblocklatesttag block-latest-tag: `spec.enforcementAction` is \"warn\""]);
    ground.install("b.tar", []).ok();
    until_as_installed(ground);
}

pub fn deny_is_refused_while_the_audit_finds_violations(ground: &Ground) {
    // The other policies deny what has neither label nor limits.
    enforce(ground, ["dryrun"]).ok();
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx:latest"}]}});
    let spec = json!({"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template});
    let metadata = json!({"name": "web", "namespace": NAMESPACE});
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec});
    ground.create(&web).ok();
    // From here on, an audit that counts has seen it.
    enforce(ground, ["warn", POLICY]).ok();
    let found = until_audited(ground);
    assert!(
        found.contains("\n  deployment sealed/web: Container <web> uses :latest tag: nginx:latest\n"),
        "{found}"
    );
    assert!(found.ends_with("\nNOT changed to deny: blocked by 1 of the policies\n"), "{found}");
    let action = ["get", "k8sblocklatesttag/block-latest-tag", "--output=jsonpath={.spec.enforcementAction}"];
    assert_eq!(ground.stage.kubectl(action).ok(), "warn");
    let moved = enforce(ground, ["deny", "--despite-violations"]).ok();
    assert!(moved.starts_with("block-latest-tag: warn -> deny\n"), "{moved}");
    ground.stage.kubectl(["delete", "deployment", "web", &format!("--namespace={NAMESPACE}")]).ok();
    until_as_installed(ground);
}

/// Gatekeeper audits once a minute.
fn until_audited(ground: &Ground) -> String {
    let deadline = Instant::now() + Duration::from_secs(180);
    loop {
        let refused = enforce(ground, ["deny", POLICY]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        if refused.stdout.contains(" violations") {
            return refused.stdout;
        }
        assert!(
            refused.stdout.starts_with("block-latest-tag (warn): no audit since it changed ("),
            "{refused:?}"
        );
        assert!(refused.stdout.contains("; audits run every 60 s\n"), "{refused:?}");
        assert!(Instant::now() < deadline, "{refused:?}");
    }
}

pub fn the_choice_is_written_into_the_site_file(ground: &Ground) {
    let site = fs::read_to_string(ground.stack.path("site.yaml")).expect("a site");
    ground.stack.write("kept.yaml", &site);
    let unsafe_edit = enforce(ground, ["dryrun", POLICY, "--to-site", "kept.yaml"]);
    assert_eq!(unsafe_edit.code, Some(1));
    assert!(
        unsafe_edit.stderr.starts_with("error: `kept.yaml` cannot be edited safely\n"),
        "{unsafe_edit:?}"
    );
    let moved = enforce(ground, ["dryrun", "--to-site", "kept.yaml"]).ok();
    assert!(moved.contains("\nwrote `kept.yaml`: the next install with it keeps this\n"), "{moved}");
    let kept = fs::read_to_string(ground.stack.path("kept.yaml")).expect("a site");
    assert_eq!(kept, site.replace("enforcement: deny", "enforcement: dryrun"));
    assert_eq!(planned(ground, "kept.yaml"), Vec::<String>::new());
    ground.install("b.tar", []).ok();
    until_as_installed(ground);
}
