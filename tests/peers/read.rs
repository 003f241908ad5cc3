//! The bundle file, read by tar, cosign and skopeo.

use std::fs;

use serde_json::Value;

use bundle_testing::programs::Programs;
use bundle_testing::support::Stack;

/// A signed bundle `b.tar`, and the key `mine`.
pub fn sealed() -> Stack {
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    stack
}

/// Takes a member out of the bundle with the real tar.
fn member(programs: &Programs, stack: &Stack, name: &str) -> String {
    programs.run("tar", stack.folder.path(), &["-xOf", "b.tar", name]).ok()
}

fn json(programs: &Programs, stack: &Stack, name: &str) -> Value {
    serde_json::from_str(&member(programs, stack, name)).expect("JSON")
}

/// What comes before the blobs.
const HEAD: [&str; 6] = [
    "oci-layout",
    "index.json",
    "bundle.sigstore.json",
    "bundle.2.sigstore.json",
    "bundle.3.sigstore.json",
    "bundle.4.sigstore.json",
];

fn blob(digest: &Value) -> String {
    format!("blobs/{}", digest.as_str().expect("a digest").replace(':', "/"))
}

#[test]
fn tar_lists_what_the_index_leads_to_in_that_order_and_nothing_else() {
    let programs = Programs::need(&["tar"]);
    let stack = sealed();
    let listed = programs.run("tar", stack.folder.path(), &["-tf", "b.tar"]).ok();
    let manifest = blob(&json(&programs, &stack, "index.json")["manifests"][0]["digest"]);
    let table = blob(&json(&programs, &stack, &manifest)["config"]["digest"]);
    let mut expected: Vec<_> = HEAD.map(str::to_owned).into();
    let contents = json(&programs, &stack, &table);
    expected.extend([manifest, table]);
    expected.extend(contents["blobs"].as_array().expect("blobs").iter().map(|entry| blob(&entry[0])));
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn cosign_accepts_the_signature_that_tar_takes_out() {
    let programs = Programs::need(&["tar", "cosign"]);
    let stack = sealed();
    let index = member(&programs, &stack, "index.json");
    stack.write("index.json", &index);
    stack.write("other.json", &format!("{index} "));
    stack.write("signature.json", &member(&programs, &stack, "bundle.sigstore.json"));
    stack.keys("other");
    let verify = |key: &str, file: &str| {
        let flags =
            ["verify-blob", "--key", key, "--bundle", "signature.json", "--insecure-ignore-tlog", file];
        let ran = programs.run("cosign", stack.folder.path(), &flags);
        (ran.code, ran.stderr.contains("Verified OK"))
    };
    assert_eq!(verify("mine.pub", "index.json"), (Some(0), true));
    assert_eq!(verify("mine.pub", "other.json"), (Some(1), false), "another index");
    assert_eq!(verify("other.pub", "index.json"), (Some(1), false), "another key");
}

#[test]
fn skopeo_reads_every_image_out_of_the_file() {
    let programs = Programs::need(&["tar", "skopeo"]);
    let stack = sealed();
    // Skopeo unpacks the file; it wants the whole path of where to.
    let unpacked = stack.path("unpacked");
    fs::create_dir(&unpacked).expect("a folder");
    let unpacked = unpacked.to_str().expect("a path");
    for (name, digest, media_type) in named(&json(&programs, &stack, "index.json")) {
        let source = format!("oci-archive:b.tar:{name}");
        let arguments = ["--tmpdir", unpacked, "inspect", "--format", "{{.Digest}}", &source];
        let ran = programs.run("skopeo", stack.folder.path(), &arguments);
        // See: containers/image oci/layout/oci_transport.go, which passed over Docker's media types up to version 5.22
        let passed_over = ran.stderr.contains(&format!("no descriptor found for reference \\\"{name}\\\""));
        if !(passed_over && media_type.contains("docker")) {
            assert_eq!(ran.ok().trim(), digest, "{name}");
        }
    }
}

/// Returns name, digest and media type of what the index names for such readers.
fn named(index: &Value) -> Vec<(String, String, String)> {
    let manifests = index["manifests"].as_array().expect("manifests").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let named: Vec<_> = manifests
        .filter_map(|entry| Some((entry, entry["annotations"].get("org.opencontainers.image.ref.name")?)))
        .map(|(entry, name)| (text(name), text(&entry["digest"]), text(&entry["mediaType"])))
        .collect();
    assert_eq!(named.len(), 9);
    assert!(named.iter().any(|(_, _, media_type)| media_type.contains("oci")));
    named
}

/// Returns name and digest of the entries with a role, as `bundle inspect` says.
pub fn entries(stack: &Stack, role: &str) -> Vec<(String, String)> {
    let inspected = stack.bundle(["inspect", "b.tar", "--format", "json"]).ok();
    let value: Value = serde_json::from_str(&inspected).expect("JSON");
    let entries = value["result"]["entries"].as_array().expect("entries").clone();
    let text = |entry: &Value, field: &str| entry[field].as_str().expect("a text").to_owned();
    entries
        .iter()
        .filter(|entry| entry["role"] == role)
        .map(|entry| (text(entry, "name"), text(entry, "digest")))
        .collect()
}
