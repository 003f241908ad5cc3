//! What the story stands on: a bundle of the shipped spec, a stage, and what others have in its cluster.

use std::fs;

use airgap_bundle::spec::{Item, Spec};
use serde_json::{Value, json};

use super::node::Stage;
use super::parts::Parts;
use bundle_testing::cluster::objects::Objects;
use bundle_testing::internet::{Options, standin};
use bundle_testing::support::{Ran, Stack, project};

/// Where upstream publishes Gatekeeper.
pub const GATEKEEPER: &str = "docker.io/openpolicyagent/gatekeeper";
/// Where upstream publishes Trivy Operator; the program is the newest that a module proxy serves, an older one than the tag.
pub const TRIVY_OPERATOR: &str = "docker.io/aquasec/trivy-operator";
/// The namespace of the site file.
pub const NAMESPACE: &str = "sealed";

/// A bundle on one side, a sealed node on the other.
pub struct Ground {
    /// The node. It is dropped first: its directory is in the connected side's folder.
    pub stage: Stage,
    /// The connected side; `b.tar` is the bundle that is shipped, `mine.pub` its key, `site.yaml` the stage's site.
    pub stack: Stack,
    /// What was in the cluster before anything of ours.
    pub before: Objects,
}

/// What crosses, and to which site.
pub struct Crossing {
    /// The name of the spec.
    pub spec: &'static str,
    /// The site's file, below the project.
    pub site: &'static str,
    /// Upstream's repositories whose real program runs, and the part that it is.
    pub real: &'static [(&'static str, &'static str)],
    /// What upstream publishes beside what the spec names: a component, and a later image of it.
    pub later: Option<(&'static str, &'static str)>,
    /// Builds what crosses.
    pub build: fn(&Stack),
}

/// The newest of everything, on a site of the stage's own.
pub const HOMELAB: Crossing = Crossing {
    spec: "homelab",
    site: "tests/stage/site.yaml",
    real: &[(GATEKEEPER, "gatekeeper"), (TRIVY_OPERATOR, "trivy-operator")],
    later: None,
    build: as_shipped,
};

/// The homelab's spec for a stage with many nodes, without the real Trivy Operator, which would scan each of them.
pub const CROWD: Crossing = Crossing { real: &[(GATEKEEPER, "gatekeeper")], ..HOMELAB };

/// Lumen's older versions, on Lumen's own site. Gatekeeper's program is that of 3.18.2, behind the manifest of 3.18.0.
pub const LUMEN: Crossing = Crossing {
    spec: "lumen",
    site: "bundles/sites/lumen.yaml",
    real: &[(GATEKEEPER, "gatekeeper-3.18")],
    ..HOMELAB
};

/// Builds the shipped spec as `b.tar`.
fn as_shipped(stack: &Stack) {
    stack.build("b.tar", "mine");
}

impl Ground {
    /// Builds a shipped spec with real programs and upstream's own manifests, and brings up a stage.
    pub fn prepare(parts: &Parts, crossing: &Crossing) -> Self {
        let cache = parts.files.parent().expect("a folder").join("standin");
        let program = standin(&cache).expect("a program for what upstream's programs would do");
        let real =
            crossing.real.iter().map(|(name, part)| ((*name).to_owned(), parts.program(part))).collect();
        let options = |options: Options| Options {
            spec: with_later(options.spec, crossing.later),
            real,
            standin: Some(program),
            sign: true,
            ..options
        };
        let stack = Stack::of(crossing.spec, Some(&parts.files), options);
        stack.keys("mine");
        fs::copy(project().join(crossing.site), stack.path("site.yaml")).expect("a site file");
        (crossing.build)(&stack);
        let stage = Stage::up(&parts.programs, stack.folder.path(), crossing.spec);
        make_things_of_others(&stack, &stage);
        let before = stage.objects();
        Self { stage, stack, before }
    }

    /// Installs a bundle, with more arguments.
    pub fn install<'a>(&self, file: &'a str, more: impl IntoIterator<Item = &'a str>) -> Ran {
        let arguments =
            ["install", file, "--key", "mine.pub", "--trusted-root", "root.json", "--site", "site.yaml"];
        self.stage.bundle(arguments.into_iter().chain(more))
    }

    /// Creates an object with `kubectl`, as a user outside `bundle`.
    pub fn create(&self, object: &Value) -> Ran {
        self.stack.write("object.json", &object.to_string());
        self.stage.kubectl(["create", "--filename=object.json"])
    }

    /// Returns what the bundle says that it holds: names and digests of the entries of a role.
    pub fn entries(&self, role: &str) -> Vec<(String, String)> {
        let inspected = self.stack.bundle(["inspect", "b.tar", "--format", "json"]).ok();
        let inspected: Value = serde_json::from_str(&inspected).expect("JSON");
        let entries = inspected["result"]["entries"].as_array().expect("entries").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        entries
            .filter(|entry| entry["role"] == role)
            .map(|entry| (text(&entry["name"]), text(&entry["digest"])))
            .collect()
    }
}

/// Adds a later image of a component to what a spec names.
fn with_later(mut spec: Spec, later: Option<(&str, &str)>) -> Spec {
    let Some((component, image)) = later else { return spec };
    let component = spec.components.iter_mut().find(|other| other.name == component).expect("a component");
    let reference = image.parse().expect("a reference");
    component.items.push(Item { reference, ..component.items[0].clone() });
    spec
}

/// Makes what an install must not touch, and the namespace of the site with a label that is not ours.
fn make_things_of_others(stack: &Stack, stage: &Stage) {
    let objects = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs", "namespace": "default"}, "data": {"a": "1"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": {"team": "theirs"}}},
    ]});
    stack.write("theirs.json", &objects.to_string());
    stage.kubectl(["create", "--filename=theirs.json"]).ok();
    let account = format!("--namespace={NAMESPACE}");
    let made = ["wait", &account, "--for=create", "serviceaccount/default", "configmap/kube-root-ca.crt"];
    stage.kubectl(made).ok();
}
