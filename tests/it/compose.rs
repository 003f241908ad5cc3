//! Images that a bundle makes from parts: built, pushed, read by real clients, rendered, refused.

use std::fs;
use std::io::Read as _;

use serde_json::Value;

use crate::peers::programs::Programs;
use crate::peers::registry::Registry;
use crate::support::{Ran, Stack};

const IMAGE: &str = "bundle.local/falco-k8smeta:0.44.1-0.4.1";
const SPEC: &str = "bundles/homelab.yaml";
const FILES: [&str; 3] = [
    "etc/falco/falco_rules.yaml",
    "usr/share/falco/plugins/libcontainer.so",
    "usr/share/falco/plugins/libk8smeta.so",
];

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
fn crane_and_skopeo_read_the_base_with_one_layer_more_and_cosign_the_bundles_signature() {
    let Some(programs) = Programs::find(&["cosign", "crane", "docker-registry", "skopeo"]) else { return };
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.keys("other");
    build(&stack).ok();
    let folder = stack.folder.path();
    let registry = Registry::docker(&programs, folder);
    stack.bundle(["push", "b.tar", &registry.address, "--key", "mine.pub"]).ok();
    let (made, base) = (
        format!("{}/falco-k8smeta:0.44.1-0.4.1", registry.address),
        format!("{}/falcosecurity/falco:0.44.1", registry.address),
    );
    let run = |program: &str, arguments: &[&str]| programs.run(program, folder, arguments).ok();
    for (architecture, machine) in [("amd64", "x86_64"), ("arm64", "aarch64")] {
        let platform = format!("linux/{architecture}");
        let layers = |image: &str| {
            let manifest = json(&run("crane", &["manifest", image, "--platform", &platform]));
            manifest["layers"].as_array().expect("layers").clone()
        };
        let (before, after) = (layers(&base), layers(&made));
        assert_eq!((&after[..before.len()], after.len()), (&before[..], before.len() + 1), "{platform}");
        let options = ["inspect", "--tls-verify=false", "--override-arch", architecture];
        let inspected = json(&run("skopeo", &[&options[..], &[&format!("docker://{made}")]].concat()));
        let digests: Vec<_> = after.iter().map(|layer| &layer["digest"]).collect();
        assert_eq!(inspected["Layers"].as_array().expect("layers").iter().collect::<Vec<_>>(), digests);
        run("crane", &["export", &made, "exported.tar", "--platform", &platform]);
        let text = |plugin: &str| format!("stand-in for the plugin {plugin}, {machine}\n");
        let rules = "# stand-in for falco-rules 5.1.0\n- required_engine_version: 0.57.0\n- required_plugin_versions: [{name: container, version: 0.4.0}]\n";
        assert_eq!(
            exported(&stack),
            [rules.to_owned(), text("container 0.7.1"), text("k8smeta 0.4.1")],
            "{platform}"
        );
    }
    let digest = run("crane", &["digest", &made]);
    let pinned = format!("{}/falco-k8smeta@{}", registry.address, digest.trim());
    let verify = |key: &str| {
        let flags = ["verify", "--key", key, "--insecure-ignore-tlog", &pinned];
        programs.run("cosign", folder, &flags).code
    };
    assert_eq!((verify("mine.pub"), verify("other.pub") == Some(0)), (Some(0), false));
}

/// Returns the contents of the files that were added, out of the whole image.
fn exported(stack: &Stack) -> Vec<String> {
    let file = fs::File::open(stack.path("exported.tar")).expect("an image");
    let mut archive = tar::Archive::new(file);
    let mut found: Vec<(String, String)> = Vec::new();
    for entry in archive.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        let path = String::from_utf8(entry.path_bytes().into_owned()).expect("a path");
        if FILES.contains(&path.as_str()) {
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("a text");
            found.push((path, text));
        }
    }
    found.sort();
    assert_eq!(found.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), FILES);
    found.into_iter().map(|(_, text)| text).collect()
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
fn what_cannot_be_made_is_refused_with_what_is_there_and_nothing_is_left() {
    let stack = Stack::homelab();
    stack.keys("mine");
    change(&stack, "file: libk8smeta.so", "file: libk8smetta.so");
    let ran = build(&stack);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!(ran.stderr, @r"
    error: 1 of the bundle's entries cannot be taken
      - `bundle.local/falco-k8smeta:0.44.1-0.4.1` cannot be composed: file `libk8smetta.so` of `ghcr.io/falcosecurity/plugins/plugin/k8smeta:0.4.1`: it is not there, only `README.md`, `libk8smeta.so`

    hint: write the name of a file at the top of the artifact's layer into `compose`
    ");
    assert!(!stack.path("bundles/homelab.lock").exists());
    let entries = std::fs::read_dir(stack.folder.path()).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    assert_eq!(names.filter(|name| name.contains("b.tar")).collect::<Vec<_>>(), Vec::<String>::new());
}
