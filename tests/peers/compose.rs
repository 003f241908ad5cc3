//! An image that a bundle makes from parts, read by real clients.

use std::fs;
use std::io::Read as _;

use bundle_testing::programs::Programs;
use bundle_testing::support::Stack;
use serde_json::Value;

use crate::registry::Registry;

const FILES: [&str; 3] = [
    "etc/falco/falco_rules.yaml",
    "usr/share/falco/plugins/libcontainer.so",
    "usr/share/falco/plugins/libk8smeta.so",
];

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn crane_and_skopeo_read_the_base_with_one_layer_more_and_cosign_the_bundles_signature() {
    let programs = Programs::need(&["cosign", "crane", "docker-registry", "skopeo"]);
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.keys("other");
    stack.build("b.tar", "mine");
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
