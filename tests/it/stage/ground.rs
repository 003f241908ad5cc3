//! What the story stands on: a bundle of the shipped spec, a stage, and what others have in its cluster.

use std::fs;

use serde_json::{Value, json};

use super::node::Stage;
use super::objects::Objects;
use super::parts::Parts;
use crate::internet::{Options, standin};
use crate::support::{Ran, Stack, project};

/// Where upstream publishes Gatekeeper.
pub const GATEKEEPER: &str = "docker.io/openpolicyagent/gatekeeper";
/// The namespace of the site file.
pub const NAMESPACE: &str = "sealed";

/// A bundle on one side, a sealed node on the other.
pub struct Ground {
    /// The node. It is dropped first: its directory lies in the connected side's folder.
    pub stage: Stage,
    /// The connected side; `b.tar` is the bundle, `mine.pub` its key, `site.yaml` the stage's site.
    pub stack: Stack,
    /// What was in the cluster before anything of ours.
    pub before: Objects,
}

impl Ground {
    /// Builds the shipped spec with the real Gatekeeper and its real manifest, and brings up a stage.
    pub fn prepare(parts: &Parts) -> Self {
        let cache = parts.files.parent().expect("a folder").join("standin");
        let program = standin(&cache).expect("a program for what upstream's programs would do");
        let real = [(GATEKEEPER.to_owned(), parts.gatekeeper())].into();
        let options = |options| Options { real, standin: Some(program), sign: true, ..options };
        let stack = Stack::of("homelab", Some(&parts.files), options);
        stack.keys("mine");
        stack.build("b.tar", "mine");
        fs::copy(project().join("tests/stage/site.yaml"), stack.path("site.yaml")).expect("a site file");
        let stage = Stage::up(&parts.programs, stack.folder.path());
        make_things_of_others(&stack, &stage);
        let before = Objects::of(&stage);
        Self { stage, stack, before }
    }

    /// Installs a bundle, with more arguments.
    pub fn install<'a>(&self, file: &'a str, more: impl IntoIterator<Item = &'a str>) -> Ran {
        let arguments =
            ["install", file, "--key", "mine.pub", "--trusted-root", "root.json", "--site", "site.yaml"];
        self.stage.bundle(arguments.into_iter().chain(more))
    }

    /// Sends an object as somebody who knows nothing of bundles.
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
