//! Images that a bundle makes from parts: built, pushed, read by real clients, rendered, refused.

use std::fs;

use serde_json::Value;

use bundle_testing::support::{Ran, Stack};

const IMAGE: &str = "bundle.local/falco-k8smeta:0.44.1-0.4.1";
const SPEC: &str = "bundles/homelab.yaml";

fn build(stack: &Stack) -> Ran {
    stack.bundle(["build", SPEC, "-o", "b.tar", "--key", "mine.key", "--registries", "registries.yaml"])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Changes the spec.
fn change(stack: &Stack, from: &str, to: &str) {
    let text = fs::read_to_string(stack.path(SPEC)).expect("the spec");
    assert!(text.contains(from), "{from}");
    stack.write(SPEC, &text.replace(from, to));
}

#[test]
fn what_it_was_made_from_is_locked_verified_and_told() {
    let stack = Stack::homelab();
    stack.keys("mine");
    build(&stack).ok();
    let lock = json(&fs::read_to_string(stack.path("bundles/homelab.lock")).expect("a lock"));
    let verified = json(&stack.bundle(["verify", "b.tar", "--key", "mine.pub", "--format", "json"]).ok());
    let composed = &lock["composed"];
    assert_eq!(&verified["result"]["composed"], composed);
    assert_eq!((&composed[0]["ref"], composed.as_array().map(Vec::len)), (&Value::from(IMAGE), Some(1)));
    assert_eq!(composed[0]["base"]["ref"], "docker.io/falcosecurity/falco:0.44.1");
    let item = |name: &Value| {
        let items = lock["items"].as_array().expect("items");
        items.iter().find(|item| item["ref"] == *name).expect("an item")["digest"].clone()
    };
    let parts = composed[0]["add"].as_array().expect("additions").iter().map(|added| &added["artifact"]);
    for part in parts.chain([&composed[0]["base"]]) {
        assert_eq!(part["digest"], item(&part["ref"]), "{part}");
    }
    let inspected = json(&stack.bundle(["inspect", "b.tar", "--format", "json"]).ok());
    let entries = inspected["result"]["entries"].as_array().expect("entries").clone();
    let roles = entries
        .iter()
        .filter(|entry| entry["name"].as_str().is_some_and(|name| name.starts_with("bundle.local/")));
    assert_eq!(roles.map(|entry| entry["role"].clone()).collect::<Vec<_>>(), ["image", "signature"]);
    stack
        .bundle([
            "build",
            SPEC,
            "-o",
            "unsigned.tar",
            "--insecure-unsigned",
            "--registries",
            "registries.yaml",
        ])
        .ok();
    let inspected = stack.bundle(["inspect", "unsigned.tar", "--format", "json"]).ok();
    assert_eq!(inspected.matches("bundle.local/").count(), 1, "without a key nothing is signed");
    stack.bundle(["extract", "b.tar", IMAGE, "--key", "mine.pub", "-o", "out"]).ok();
    assert!(stack.path("out/bundle.local_falco-k8smeta_0.44.1-0.4.1.oci.tar").exists());
}

#[test]
fn layers_name_it_as_any_image_and_nodes_are_told_its_host() {
    let stack = Stack::homelab();
    stack.keys("mine");
    fs::create_dir(stack.path("manifests/90-test")).expect("a folder");
    let layer = "apiVersion: bundle/v1alpha1\nkind: Layer\nmanifests: [pod.yaml]\ntimeoutSeconds: 10\n";
    stack.write("manifests/90-test/layer.yaml", layer);
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: x, namespace: default}}\nspec: {{containers: [{{name: x, image: '{IMAGE}'}}]}}\n"
    );
    stack.write("manifests/90-test/pod.yaml", &pod);
    build(&stack).ok();
    let lock = json(&fs::read_to_string(stack.path("bundles/homelab.lock")).expect("a lock"));
    let pinned = format!("{IMAGE}@{}", lock["composed"][0]["digest"].as_str().expect("a digest"));
    for (platform, file) in [("k3s", "nodes/registries.yaml"), ("talos", "nodes/registry-mirrors.yaml")] {
        let folder = format!("rendered-{platform}");
        let site = ["--site", "bundles/sites/homelab.yaml", "--platform", platform, "-o", &folder];
        stack.bundle(["render", "b.tar", "--key", "mine.pub"].iter().chain(&site)).ok();
        let nodes = fs::read_to_string(stack.path(&format!("{folder}/{file}"))).expect("a node file");
        assert!(nodes.contains("\"bundle.local\""), "{nodes}");
        assert!(texts(&stack.path(&folder)).contains(&pinned), "{platform}: {pinned}");
    }
}

/// Returns the text of every file below a folder.
fn texts(folder: &std::path::Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let text = |path: std::path::PathBuf| {
        if path.is_dir() { texts(&path) } else { fs::read_to_string(path).expect("a text") }
    };
    entries.map(text).collect()
}

#[test]
fn a_lock_follows_when_the_spec_composes_something_else_and_a_build_does_not() {
    let stack = Stack::homelab();
    stack.keys("mine");
    let lock = ["lock", SPEC, "--registries", "registries.yaml"];
    stack.bundle(lock).ok();
    change(&stack, "to: /etc/falco/", "to: /etc/");
    for ran in [build(&stack), stack.bundle(lock.iter().chain(&["--check"]))] {
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        let said = format!(
            "{IMAGE}: made of docker.io/falcosecurity/falco:0.44.1 and /etc/falco/falco_rules.yaml of ghcr.io/falcosecurity/rules/falco-rules:5.1.0"
        );
        assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    }
    stack.bundle(lock).ok();
    build(&stack).ok();
    stack.bundle(["verify", "b.tar", "--key", "mine.pub"]).ok();
}

#[test]
fn an_impossible_composition_is_refused_with_the_existing_paths_and_leaves_nothing() {
    let stack = Stack::homelab();
    stack.keys("mine");
    change(&stack, "file: libk8smeta.so", "file: libk8smetta.so");
    let ran = build(&stack);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!(ran.stderr, @r"
    error: 1 of the bundle's entries could not be resolved or verified
      - `bundle.local/falco-k8smeta:0.44.1-0.4.1` cannot be composed: file `libk8smetta.so` of `ghcr.io/falcosecurity/plugins/plugin/k8smeta:0.4.1`: it is not there, only `README.md`, `libk8smeta.so`

    hint: write the name of a file at the top of the artifact's layer into `compose`
    ");
    assert!(!stack.path("bundles/homelab.lock").exists());
    let entries = std::fs::read_dir(stack.folder.path()).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    assert_eq!(names.filter(|name| name.contains("b.tar")).collect::<Vec<_>>(), Vec::<String>::new());
}
