//! The rules that are shipped fire on what the components say, and the dashboards ask what can be asked: Prometheus decides.

use std::fs;
use std::path::Path;

use airgap_bundle::rendered::RenderedSet;
use bundle_testing::observability::{COMPONENTS, LAYER, dashboards, objects, rendered};
use bundle_testing::programs::Programs;
use bundle_testing::support::{Ran, project};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Writes rules where promtool looks for them: every group of every PrometheusRule, and more of our own.
fn write_rules(folder: &Path, set: &RenderedSet, more: &[Value]) {
    let groups =
        objects(set, "PrometheusRule").flat_map(|rule| rule["spec"]["groups"].as_array().expect("groups"));
    let groups: Vec<_> = groups.chain(more).collect();
    fs::write(folder.join("rules.yaml"), json!({ "groups": groups }).to_string()).expect("a file");
}

/// Runs one file of the suite; a rule file lies beside it.
fn suite(programs: &Programs, folder: &Path, name: &str) -> Ran {
    fs::copy(project().join(LAYER).join("suite").join(name), folder.join(name)).expect("a copy");
    programs.run("promtool", folder, &["test", "rules", name])
}

#[test]
fn every_rule_fires_when_it_should_and_only_then() {
    let programs = Programs::need(&["promtool"]);
    let (folder, set) = (TempDir::new().expect("a folder"), rendered(&COMPONENTS));
    write_rules(folder.path(), &set, &[]);
    let checked = programs.run(
        "promtool",
        folder.path(),
        &["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"],
    );
    assert!(checked.ok().contains("SUCCESS: 14 rules found"), "as many as are tried below");
    let (mut tried, mut ran) = (String::new(), 0);
    for entry in fs::read_dir(project().join(LAYER).join("suite")).expect("the suite") {
        let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
        tried += &fs::read_to_string(project().join(LAYER).join("suite").join(&name)).expect("a file");
        suite(&programs, folder.path(), &name).ok();
        ran += 1;
    }
    assert_eq!(ran, 4);
    let rules =
        objects(&set, "PrometheusRule").flat_map(|rule| rule["spec"]["groups"].as_array().expect("groups"));
    for rule in rules.flat_map(|group| group["rules"].as_array().expect("rules")) {
        let alert = format!("alertname: {}\n        exp_alerts:\n", rule["alert"].as_str().expect("a name"));
        assert!(tried.contains(&alert), "no test shows that {} fires", rule["alert"]);
    }
}

/// The suite would notice a rule that names a severity as it was first written.
#[test]
fn a_rule_that_never_fires_is_noticed() {
    let programs = Programs::need(&["promtool"]);
    let (folder, mut set) = (TempDir::new().expect("a folder"), rendered(&COMPONENTS));
    for object in set.objects.layers.iter_mut().flat_map(|layer| &mut layer.objects) {
        let text = object.value.to_string().replace("severity=\\\"Critical\\\"", "severity=\\\"CRITICAL\\\"");
        object.value = serde_json::from_str(&text).expect("JSON");
    }
    write_rules(folder.path(), &set, &[]);
    let ran = suite(&programs, folder.path(), "trivy-operator.yaml");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("alertname: HighSeverityVulnerability, time: 1h1m"), "{}", ran.stderr);
}

#[test]
fn every_query_of_every_dashboard_can_be_asked() {
    let programs = Programs::need(&["promtool"]);
    let (folder, set) = (TempDir::new().expect("a folder"), rendered(&COMPONENTS));
    let dashboards = dashboards(&set);
    let targets =
        dashboards.iter().flat_map(|(_, dashboard)| dashboard["panels"].as_array().expect("panels"));
    let queries =
        targets.flat_map(|panel| panel["targets"].as_array().expect("targets")).map(|target| &target["expr"]);
    let rules: Vec<_> = (0..)
        .zip(queries)
        .map(|(number, query): (u32, _)| json!({"record": format!("query:{number}"), "expr": query}))
        .collect();
    assert_eq!(rules.len(), 29);
    fs::write(
        folder.path().join("queries.yaml"),
        json!({"groups": [{"name": "queries", "rules": rules}]}).to_string(),
    )
    .expect("a file");
    let checked = programs.run("promtool", folder.path(), &["check", "rules", "queries.yaml"]);
    assert!(checked.ok().contains("SUCCESS: 29 rules found"));
}
