//! Which signers the nodes trust, from a whole bundle: the key for what the bundle signed, and the signers of the rest.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use bundle_testing::programs::Programs;
use bundle_testing::support::Stack;

const SITE: &str = "bundles/sites/homelab.yaml";

/// Returns the rules of a file, by their images.
fn rules(programs: &Programs, stack: &Stack, folder: &str, name: &str) -> BTreeMap<String, Value> {
    let file = stack.path(folder).join("nodes").join(name);
    let read = programs.run("read-talos", stack.folder.path(), &[file.to_str().expect("a path")]).ok();
    let read: Value = serde_json::from_str(&read).expect("JSON");
    let rules = read[0]["values"]["rules"].as_array().expect("rules").clone();
    rules.into_iter().map(|rule| (rule["image"].as_str().expect("an image").to_owned(), rule)).collect()
}

#[test]
fn nodes_believe_the_bundles_key_for_what_it_signed_and_for_nothing_else() {
    let programs = Programs::need(&["read-talos"]);
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.keys("other");
    stack.build("b.tar", "mine");
    let render = |folder: &str, keys: &[&str]| {
        let arguments = ["render", "b.tar", "--site", SITE, "--platform", "talos", "-o", folder];
        stack.bundle(arguments.iter().chain(keys)).ok();
    };
    render("out", &["--key", "other.pub", "--key", "mine.pub"]);
    let local = rules(&programs, &stack, "out", "image-verification.yaml");
    let online = rules(&programs, &stack, "out", "image-verification-online.yaml");
    // Gatekeeper is published for more platforms than the bundle has: it contains its own subset, with its own signature.
    let gatekeeper = &local["*docker.io/openpolicyagent/gatekeeper"];
    let mine = fs::read_to_string(stack.path("mine.pub")).expect("a key");
    assert_eq!(gatekeeper["publicKey"]["certificate"].as_str().expect("a key").trim(), mine.trim());
    // Falco is in the bundle as upstream signed it, with a certificate, which a node cannot judge without Sigstore's root.
    let falco = "*docker.io/falcosecurity/falco";
    assert_eq!(local[falco]["skip"], true);
    let subject = online[falco]["keyless"]["subject"].as_str().expect("a subject");
    assert!(subject.ends_with("/reusable_publish_docker.yaml@refs/tags/0.44.1"), "{subject}");
    assert_eq!(local.keys().collect::<Vec<_>>(), online.keys().collect::<Vec<_>>());
    // Without the key, the signer is unknown.
    render("none", &["--insecure-unsigned"]);
    let none = rules(&programs, &stack, "none", "image-verification.yaml");
    assert!(none.values().all(|rule| rule["skip"] == true), "{none:?}");
}
