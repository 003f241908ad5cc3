//! The rules that are shipped fire on what the components say, and the dashboards ask what can be asked: Prometheus decides.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use airgap_bundle::render::{BundleFacts, ImageMap, Sources, render};
use airgap_bundle::rendered::RenderedSet;
use airgap_bundle::spec::{Platform, Site};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::peers::programs::Programs;
use crate::support::project;

const LAYER: &str = "manifests/70-observability";
const COMPONENTS: [&str; 5] = ["falco", "falcosidekick", "gatekeeper", "k8s-metacollector", "trivy-operator"];

/// Renders the layer for a bundle that has some components.
fn rendered(components: &[&str]) -> RenderedSet {
    let entries =
        fs::read_dir(project().join(LAYER)).expect("the layer").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.is_file()).map(|path| {
        let name = path.file_name().expect("a name").to_str().expect("a plain name");
        (format!("layers/70-observability/{name}"), fs::read(&path).expect("a file"))
    });
    let values = [("platforms/k3s/values.yaml".to_owned(), b"{}".to_vec())];
    let sources = Sources::new(files.chain(values).collect());
    let site = "apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {address: registry.lan}\n";
    let site = Site::parse(site, "site.yaml").expect("a site");
    let components =
        components.iter().map(|&name| (name.to_owned(), "1.0.0".to_owned())).collect::<BTreeMap<_, _>>();
    let bundle = BundleFacts { name: "homelab".into(), version: "1".into(), components, databases: vec![] };
    let images = ImageMap::new(&site.registry, []);
    render(&sources, &images, &site, Platform::K3s, &bundle).unwrap_or_else(|errors| panic!("{errors}"))
}

fn objects<'a>(set: &'a RenderedSet, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = set.objects.layers.iter().flat_map(|layer| &layer.objects).map(|object| &object.value);
    all.filter(move |value| value["kind"] == kind)
}

/// Returns the dashboards: name of the file, and what it says.
fn dashboards(set: &RenderedSet) -> Vec<(String, Value)> {
    let data = objects(set, "ConfigMap").flat_map(|map| map["data"].as_object().expect("data"));
    let parsed =
        |text: &Value| serde_json::from_str(text.as_str().expect("a text")).expect("a dashboard is JSON");
    data.map(|(name, text)| (name.clone(), parsed(text))).collect()
}

/// Writes rules where promtool looks for them: every group of every PrometheusRule, and more of our own.
fn write_rules(folder: &Path, set: &RenderedSet, more: &[Value]) {
    let groups =
        objects(set, "PrometheusRule").flat_map(|rule| rule["spec"]["groups"].as_array().expect("groups"));
    let groups: Vec<_> = groups.chain(more).collect();
    fs::write(folder.join("rules.yaml"), json!({ "groups": groups }).to_string()).expect("a file");
}

/// Runs one file of the suite; a rule file lies beside it.
fn suite(programs: &Programs, folder: &Path, name: &str) -> crate::support::Ran {
    fs::copy(project().join(LAYER).join("suite").join(name), folder.join(name)).expect("a copy");
    programs.run("promtool", folder, &["test", "rules", name])
}

#[test]
fn every_rule_fires_when_it_should_and_only_then() {
    let Some(programs) = Programs::find(&["promtool"]) else { return };
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
    let Some(programs) = Programs::find(&["promtool"]) else { return };
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
    let Some(programs) = Programs::find(&["promtool"]) else { return };
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

#[test]
fn dashboards_are_whole_and_tell_themselves_apart() {
    let dashboards = dashboards(&rendered(&COMPONENTS));
    let names: Vec<_> = dashboards.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "gatekeeper-overview.json",
            "gatekeeper-violations.json",
            "trivy-vulnerabilities.json",
            "trivy-image-scan.json"
        ]
    );
    for (name, dashboard) in &dashboards {
        assert_eq!(format!("{}.json", dashboard["uid"].as_str().expect("a text")), *name);
        let panels = dashboard["panels"].as_array().expect("panels");
        let mut ids: Vec<_> = panels.iter().map(|panel| panel["id"].as_u64().expect("a number")).collect();
        let mut places: Vec<_> = panels.iter().map(|panel| panel["gridPos"].to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        places.sort_unstable();
        places.dedup();
        assert_eq!(
            (ids.len(), places.len()),
            (panels.len(), panels.len()),
            "{name}: panels lie beside each other"
        );
        let right = |panel: &Value| panel["gridPos"]["x"].as_u64().zip(panel["gridPos"]["w"].as_u64());
        assert!(
            panels.iter().all(|panel| right(panel).is_some_and(|(x, width)| x + width <= 24)),
            "{name}: 24 columns"
        );
    }
}

#[test]
fn what_the_bundle_does_not_have_is_not_watched() {
    let names = |components: &[&str]| {
        let set = rendered(components);
        let objects = set.objects.layers.iter().flat_map(|layer| &layer.objects);
        let name = |value: &Value| {
            format!(
                "{}/{}",
                value["metadata"]["namespace"].as_str().expect("a namespace"),
                value["metadata"]["name"].as_str().expect("a name")
            )
        };
        objects.map(|object| name(&object.value)).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), Vec::<String>::new());
    assert_eq!(
        names(&["gatekeeper"]),
        [
            "gatekeeper-system/gatekeeper-metrics",
            "gatekeeper-system/gatekeeper",
            "gatekeeper-system/gatekeeper",
            "gatekeeper-system/dashboard-gatekeeper-overview",
            "gatekeeper-system/dashboard-gatekeeper-violations"
        ]
    );
    assert_eq!(names(&["falco"]), ["falco/falco", "falco/falco"]);
    assert_eq!(
        names(&["trivy-operator"]),
        [
            "trivy-system/trivy-operator",
            "trivy-system/trivy-operator",
            "trivy-system/dashboard-trivy-vulnerabilities",
            "trivy-system/dashboard-trivy-image-scan"
        ]
    );
}

#[test]
fn objects_of_the_prometheus_operator_are_left_out_where_it_is_not() {
    let set = rendered(&COMPONENTS);
    let optional =
        set.objects.layers.iter().flat_map(|layer| &layer.objects).filter(|object| object.optional);
    let kinds: Vec<_> = optional.map(|object| object.value["kind"].as_str().expect("a kind")).collect();
    let count = |kind: &str| kinds.iter().filter(|&&one| one == kind).count();
    assert_eq!((count("ServiceMonitor"), count("PrometheusRule"), kinds.len()), (5, 3, 8));
}
