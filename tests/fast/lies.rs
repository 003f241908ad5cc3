//! A bundle whose parts contradict each other is refused, whatever its signature.

use std::fs;

use airgap_bundle::archive::{Entry, Role};
use airgap_bundle::digest::Digest;
use airgap_bundle::oci::{self, Descriptor};

use crate::repack::Parts;
use bundle_testing::support::Stack;

/// A change, and the error for a bundle that has it.
type Lie = (&'static str, fn(&mut Parts), &'static str);

const FALCO: &str = "docker.io/falcosecurity/falco:0.44.1";
const COMPOSED: &str = "bundle.local/falco-k8smeta:0.44.1-0.4.1";
const GATEKEEPER: &str = "docker.io/openpolicyagent/gatekeeper:v3.23.1";

fn digest_of(parts: &Parts, reference: &str, field: &str) -> String {
    let lock: serde_json::Value = serde_json::from_str(&parts.text("bundle.lock")).expect("JSON");
    let items = lock["items"].as_array().expect("items");
    let item = items.iter().find(|item| item["ref"] == reference).expect("an item");
    item[field].as_str().expect("a digest").to_owned()
}

/// Puts another digest into the lock.
fn relock(parts: &mut Parts, field: &str, reference: &str) {
    let old = digest_of(parts, reference, field);
    parts.replace("bundle.lock", &old, &Digest::of(b"another").to_string());
}

/// Lets an entry lead to another index, which says of amd64 what the real one says of arm64.
fn swap_platforms(parts: &mut Parts) {
    let subset: Digest = digest_of(parts, GATEKEEPER, "subset").parse().expect("a digest");
    let text = String::from_utf8(parts.blobs[&subset].to_vec()).expect("text");
    let swapped =
        text.replace("\"amd64\"", "\"x\"").replace("\"arm64\"", "\"amd64\"").replace("\"x\"", "\"arm64\"");
    assert_ne!(swapped, text);
    let descriptor = Descriptor::of(oci::INDEX, swapped.as_bytes());
    parts.blobs.remove(&subset);
    parts.blobs.insert(descriptor.digest, swapped.into());
    parts.replace("bundle.lock", &subset.to_string(), &descriptor.digest.to_string());
    // The signature of the subset is about the real one, and goes too: nothing may be in the bundle that nothing names.
    for entry in parts.entries.iter_mut().filter(|entry| entry.descriptor.digest == subset) {
        entry.descriptor = descriptor.clone();
    }
}

/// Puts another document in the place of one, whatever names it.
fn supersede(parts: &mut Parts, old: &Digest, text: String) -> Descriptor {
    let media_type = serde_json::from_str::<serde_json::Value>(&text).expect("JSON")["mediaType"].clone();
    let descriptor = Descriptor::of(media_type.as_str().expect("a media type"), text.as_bytes());
    parts.blobs.remove(old).expect("a document");
    parts.blobs.insert(descriptor.digest, text.into());
    for entry in parts.entries.iter_mut().filter(|entry| entry.descriptor.digest == *old) {
        entry.descriptor = descriptor.clone();
    }
    descriptor
}

fn document(parts: &Parts, digest: &Digest) -> serde_json::Value {
    serde_json::from_slice(&parts.blobs[digest]).expect("JSON")
}

/// Gives the composed image of the first platform one layer more, and returns the digests of its index before and after.
fn add_layer(parts: &mut Parts) -> (Digest, Digest) {
    let entry = parts.entries.iter().find(|entry| entry.role == Role::Image && entry.name() == COMPOSED);
    let old = entry.expect("a composed image").descriptor.digest;
    let mut index = document(parts, &old);
    let child: Digest =
        index["manifests"][0]["digest"].as_str().expect("a digest").parse().expect("a digest");
    let mut manifest = document(parts, &child);
    let layer = Descriptor::of("application/vnd.docker.image.rootfs.diff.tar", b"one layer more");
    parts.blobs.insert(layer.digest, b"one layer more"[..].into());
    manifest["layers"].as_array_mut().expect("layers").push(serde_json::json!(layer));
    let changed = supersede(parts, &child, manifest.to_string());
    index["manifests"][0]["digest"] = serde_json::json!(changed.digest);
    index["manifests"][0]["size"] = serde_json::json!(changed.size);
    (old, supersede(parts, &old, index.to_string()).digest)
}

const LIES: &[Lie] = &[
    (
        "the lock has another digest",
        |parts| relock(parts, "digest", FALCO),
        "`docker.io/falcosecurity/falco:0.44.1` is not what its lock says: expected carried digest `[1]`, found `[2]`",
    ),
    (
        "the lock has another subset",
        |parts| relock(parts, "subset", GATEKEEPER),
        "`docker.io/openpolicyagent/gatekeeper:v3.23.1` is not what its lock says: expected carried digest `[1]`, found `[2]`",
    ),
    (
        "the subset is not made from the original",
        swap_platforms,
        "`docker.io/openpolicyagent/gatekeeper:v3.23.1` is not what its lock says: expected subset of the signed index `[1]`, found `[2]`",
    ),
    (
        "the lock names another signer",
        |parts| {
            parts.replace("bundle.lock", "reusable_publish_docker.yaml@refs/tags/0.44.1", "x@refs/tags/1")
        },
        "`docker.io/falcosecurity/falco:0.44.1`: the lock records signature tag by `https://github.com/falcosecurity/falco/.github/workflows/x@refs/tags/1` of `https://token.actions.githubusercontent.com`, entry 4163432 of log b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726, 2026-11-01T00:10:02Z, the bundle proves signature tag by `https://github.com/falcosecurity/falco/.github/workflows/reusable_publish_docker.yaml@refs/tags/0.44.1` of `https://token.actions.githubusercontent.com`, entry 4163432 of log b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726, 2026-11-01T00:10:02Z",
    ),
    (
        "the lock has another time",
        |parts| parts.replace("bundle.lock", "2026-11-01T00:10:02Z", "2026-11-01T00:10:03Z"),
        "`docker.io/aquasec/trivy-operator:0.32.0`: the lock records signature tag by `https://github.com/aquasecurity/trivy-operator/.github/workflows/release.yaml@refs/tags/v0.32.0` of `https://token.actions.githubusercontent.com`, entry 4163435 of log b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726, 2026-11-01T00:10:03Z, the bundle proves signature tag by `https://github.com/aquasecurity/trivy-operator/.github/workflows/release.yaml@refs/tags/v0.32.0` of `https://token.actions.githubusercontent.com`, entry 4163435 of log b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726, 2026-11-01T00:10:02Z",
    ),
    (
        "an image that the spec does not name",
        |parts| {
            parts.replace("bundle.yaml", "docker.io/aquasec/trivy:0.72.0", "docker.io/aquasec/trivy:0.72.1")
        },
        "`docker.io/aquasec/trivy:0.72.0` is in the bundle, but the spec does not name it",
    ),
    (
        "a file that is not the one of the lock",
        |parts| {
            let name = parts.payload.keys().find(|path| path.starts_with("files/")).expect("a file").clone();
            parts.payload.insert(name, b"kind: Another".to_vec());
        },
        "file `gatekeeper.yaml` is in the bundle, but spec, lock and content do not name the same",
    ),
    (
        "a file that the spec does not name",
        |parts| _ = parts.payload.insert("files/more.yaml".to_owned(), b"kind: More".to_vec()),
        "file `more.yaml` is in the bundle, but spec, lock and content do not name the same",
    ),
    (
        "a composed image has one layer more",
        |parts| _ = add_layer(parts),
        "`bundle.local/falco-k8smeta:0.44.1-0.4.1` is not what its lock says: expected carried digest `[1]`, found `[2]`",
    ),
    (
        "a composed image has one layer more, and the lock says so",
        |parts| {
            let (old, new) = add_layer(parts);
            parts.replace("bundle.lock", &old.to_string(), &new.to_string());
        },
        "`bundle.local/falco-k8smeta:0.44.1-0.4.1` is not what its lock says: expected composed image `[1] made of MADE`, found `[6] made of MADE`",
    ),
    (
        "the lock claims another composition of an image",
        |parts| parts.replace("bundle.lock", "/etc/falco/falco_rules.yaml", "/etc/falco/falco_rules.yml"),
        "`bundle.local/falco-k8smeta:0.44.1-0.4.1` is not what its lock says: expected composed image `[1] made of MADE`, found `[1] made of MADE_YML`",
    ),
    (
        "a composed image that is not in the lock",
        |parts| {
            let mut lock: serde_json::Value = serde_json::from_str(&parts.text("bundle.lock")).expect("JSON");
            lock.as_object_mut().expect("an object").remove("composed").expect("composed images");
            parts.payload.insert("bundle.lock".to_owned(), lock.to_string().into_bytes());
        },
        "`bundle.local/falco-k8smeta:0.44.1-0.4.1` is not what its lock says: expected composed image `[1] made of MADE`, found `none`",
    ),
    (
        "a composed image that the spec does not name",
        |parts| parts.replace("bundle.yaml", COMPOSED, "bundle.local/another:1"),
        "`bundle.local/falco-k8smeta:0.44.1-0.4.1` is in the bundle, but the spec does not name it",
    ),
    (
        "the spec composes something else",
        |parts| parts.replace("bundle.yaml", "to: /etc/falco/", "to: /etc/"),
        "`bundle.local/falco-k8smeta:0.44.1-0.4.1` is not what its lock says: expected composed image `[1] made of MADE_ETC`, found `[6] made of MADE`",
    ),
    (
        "two images of one name",
        |parts| {
            let image = |name: &&Entry| name.role == Role::Image;
            let mut images = parts.entries.iter().filter(image);
            let (mut second, falco) =
                (images.next().expect("an image").clone(), FALCO.split_once(':').expect("a tag"));
            (second.repository, second.tag) = (falco.0.to_owned(), Some(falco.1.to_owned()));
            parts.entries.push(second);
        },
        "`docker.io/falcosecurity/falco:0.44.1` is not what its lock says: expected carried digest `[1]`, found `[1] and [2]`",
    ),
    (
        "an original that the lock does not name",
        |parts| {
            let trivy =
                |entry: &&mut Entry| entry.role == Role::Image && entry.repository.ends_with("/trivy");
            parts.entries.iter_mut().find(trivy).expect("an image").role = Role::Original;
        },
        "`docker.io/aquasec/trivy:0.72.0` is in the bundle, but the spec does not name it",
    ),
];

#[test]
fn a_bundle_whose_parts_contradict_each_other_is_refused() {
    let stack = Stack::homelab();
    stack.keys("mine");
    let bundle = stack.build("b.tar", "mine");
    Parts::of(&bundle).write(&stack.path("same.tar"));
    let verify = |name: &str| stack.bundle(["verify", name, "--insecure-unsigned"]);
    verify("same.tar").ok();
    let mut differences = Vec::new();
    for (what, change, expected) in LIES {
        let mut parts = Parts::of(&bundle);
        change(&mut parts);
        let path = stack.path("lie.tar");
        parts.write(&path);
        let ran = verify("lie.tar");
        fs::remove_file(path).expect("a file");
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{what}: {}", ran.stderr);
        let found = numbered(&ran.stderr);
        let expected = &with_parts(expected);
        if !found
            .lines()
            .any(|line| line.trim_start_matches("  - ").trim_start_matches("error: ") == *expected)
        {
            differences.push(format!("{what}\n  expected: {expected}\n  found: {found}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Writes out what the composed image is made of.
fn with_parts(text: &str) -> String {
    let made = |rules: &str| {
        let plugin = |name: &str| {
            format!("/usr/share/falco/plugins/lib{name}.so of ghcr.io/falcosecurity/plugins/plugin/{name}")
        };
        let (container, k8smeta) = (plugin("container"), plugin("k8smeta"));
        format!(
            "{FALCO}@[2], {rules} of ghcr.io/falcosecurity/rules/falco-rules:5.1.0@[3], {container}:0.7.1@[4], {k8smeta}:0.4.1@[5]"
        )
    };
    let text = text.replace("MADE_YML", &made("/etc/falco/falco_rules.yml"));
    let text = text.replace("MADE_ETC", &made("/etc/falco_rules.yaml"));
    text.replace("MADE", &made("/etc/falco/falco_rules.yaml"))
}

/// Replaces digests by numbers, in their order.
fn numbered(text: &str) -> String {
    let mut digests: Vec<&str> = Vec::new();
    for (at, _) in text.match_indices("sha256:") {
        let digest = text.get(at..at + 71).expect("a digest");
        if !digests.contains(&digest) {
            digests.push(digest);
        }
    }
    digests
        .iter()
        .enumerate()
        .fold(text.to_owned(), |text, (at, digest)| text.replace(digest, &format!("[{}]", at + 1)))
}
