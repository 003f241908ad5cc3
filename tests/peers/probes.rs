//! The probes of `manifests/30-constraints` against the policies, without a cluster: each is refused by its own policy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use airgap_bundle::render::{BundleFacts, ImageMap, Sources, render};
use airgap_bundle::rendered::{Expectation, RenderedSet};
use airgap_bundle::spec::{Platform, Site};
use serde_json::Value;

use bundle_testing::programs::Programs;
use bundle_testing::support::project;

/// Every policy at once, and a registry with a prefix of its own.
const SITE: &str = "
apiVersion: bundle/v1alpha1
kind: Site
registry: {address: registry.lan:5000, prefix: edge}
gatekeeper:
  enforcement: deny
  exemptNamespaces: [kube-system]
  exemptImages: [quay.io/cilium/*]
  policies:
    - {name: deny-privileged-containers}
    - {name: require-labels, labels: [app.kubernetes.io/name, app]}
    - {name: require-container-limits, namespaces: [open]}
    - {name: block-latest-tag}
    - {name: require-internal-registry}
    - {name: require-app-labels, exemptNamespaces: [open]}
    - {name: require-resources, exemptNamespaces: [open]}
namespaces:
  - {name: open, podSecurity: privileged}
  - {name: lumen, podSecurity: restricted}
";

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at `{pointer}`"))
}

fn collect(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in names(folder).into_iter().filter(|file| file.ends_with(".yaml")) {
        files.insert(format!("{name}/{file}"), fs::read(folder.join(&file)).expect("a file"));
    }
}

/// Renders the templates, the constraints and their probes.
fn rendered() -> RenderedSet {
    let mut files = BTreeMap::new();
    for layer in ["20-policies", "30-constraints"] {
        collect(&project().join("manifests").join(layer), &format!("layers/{layer}"), &mut files);
    }
    collect(&project().join("k3s"), "platforms/k3s", &mut files);
    let site = Site::parse(SITE, "site.yaml").expect("a site");
    let bundle = BundleFacts {
        name: "b".to_owned(),
        version: "1".to_owned(),
        components: BTreeMap::default(),
        databases: vec![],
    };
    let images = ImageMap::new(&site.registry, []);
    render(&Sources::new(files), &images, &site, Platform::K3s, &bundle)
        .unwrap_or_else(|faults| panic!("{faults}"))
}

/// Which constraint says what of an object, as Gatekeeper's own command sees it.
fn verdicts(programs: &Programs, set: &RenderedSet) -> BTreeSet<(String, String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let objects =
        set.objects.layers.iter().flat_map(|layer| layer.objects.iter().map(|object| &object.value));
    let probes = set.objects.layers.iter().flat_map(|layer| layer.probes.iter().map(|probe| &probe.object));
    for (number, object) in objects.chain(probes).enumerate() {
        fs::write(folder.path().join(format!("{number}.yaml")), object.to_string()).expect("written");
    }
    let ran = programs.run("gator", folder.path(), &["test", "--output", "json", "--filename", "."]);
    let said: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
    let said = said.as_array().expect("a list");
    said.iter()
        .map(|said| {
            let constraint = text(said, "/constraint/metadata/name").to_owned();
            (key(&said["violatingObject"]), constraint, text(said, "/msg").to_owned())
        })
        .collect()
}

fn key(object: &Value) -> String {
    ["/kind", "/metadata/namespace", "/metadata/name"].map(|pointer| text(object, pointer)).join(" ")
}

/// The policies that a label or a resource of another one's concern as well.
fn others(policy: &str) -> &'static [&'static str] {
    match policy {
        "require-labels" => &["require-app-labels"],
        "require-app-labels" => &["require-labels"],
        "require-resources" => &["require-container-limits"],
        "require-container-limits" => &["require-resources"],
        _ => &[],
    }
}

#[test]
fn every_probe_is_refused_by_its_own_policy_with_its_words() {
    let programs = Programs::need(&["gator"]);
    let set = rendered();
    let verdicts = verdicts(&programs, &set);
    let probes = &set.objects.layers[1].probes;
    let mut policies = BTreeSet::new();
    for probe in probes {
        let of: Vec<_> = verdicts.iter().filter(|(object, ..)| *object == key(&probe.object)).collect();
        let Expectation::Refused { words } = &probe.expect else {
            assert_eq!((probe.name.as_str(), of), ("compliant-pod-is-admitted", vec![]));
            continue;
        };
        let policy = words[1].trim_matches(['[', ']']);
        policies.insert(policy.to_owned());
        let own = of.iter().any(|(_, constraint, said)| constraint == policy && said.contains(&words[2]));
        assert!(own, "{}: {of:?}", probe.name);
        let stranger = of.iter().find(|(_, constraint, _)| {
            constraint != policy && !others(policy).contains(&constraint.as_str())
        });
        assert_eq!(stranger, None, "{}", probe.name);
    }
    assert_eq!((policies.len(), probes.len()), (7, 17));
}
