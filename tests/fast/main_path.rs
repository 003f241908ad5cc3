//! The main path on the shipped spec: lock, build, inspect, verify, push, serve, render.

use std::fs;

use airgap_bundle::server::Running;

use bundle_testing::support::Stack;

#[test]
fn two_builds_give_the_same_bytes_whatever_the_number_of_jobs() {
    let stack = Stack::homelab();
    stack.keys("mine");
    let build = |file: &str, jobs: &str| {
        let arguments = [
            "build",
            "bundles/homelab.yaml",
            "-o",
            file,
            "--key",
            "mine.key",
            "--registries",
            "registries.yaml",
            "--jobs",
            jobs,
        ];
        stack.bundle(arguments).ok();
        fs::read(stack.path(file)).expect("a bundle")
    };
    let first = build("one.tar", "1");
    assert!(first == build("two.tar", "8"), "`--jobs 8` gives other bytes than `--jobs 1`");
    assert!(first == build("three.tar", "1"), "a second build gives other bytes");
}

#[test]
fn a_lock_says_what_moved_and_keeps_the_old_digest() {
    let stack = Stack::homelab();
    let lock = ["lock", "bundles/homelab.yaml", "--registries", "registries.yaml"];
    stack.bundle(lock).ok();
    let first = fs::read_to_string(stack.path("bundles/homelab.lock")).expect("a lock");
    stack.bundle(lock).ok();
    assert_eq!(first, fs::read_to_string(stack.path("bundles/homelab.lock")).expect("a lock"));
    let digest = first.split("sha256:").nth(1).expect("a digest")[..64].to_owned();
    let other = "0".repeat(64);
    stack.write("bundles/homelab.lock", &first.replacen(&digest, &other, 1));
    let ran = stack.bundle(lock);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains(&format!("sha256:{other} → sha256:{digest}")), "{}", ran.stderr);
    assert!(fs::read_to_string(stack.path("bundles/homelab.lock")).expect("a lock").contains(&other));
    stack.bundle(["lock", "bundles/homelab.yaml", "--registries", "registries.yaml", "--update"]).ok();
    assert_eq!(first, fs::read_to_string(stack.path("bundles/homelab.lock")).expect("a lock"));
}

#[test]
fn a_bundle_is_verified_inspected_and_rendered_for_both_platforms() {
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let verified = stack.bundle(["verify", "b.tar", "--key", "mine.pub"]).ok();
    assert!(verified.starts_with("verified homelab-security 2026.11.0: "), "{verified}");
    let inspected = stack.bundle(["inspect", "b.tar", "--format", "json"]).ok();
    let value: serde_json::Value = serde_json::from_str(&inspected).expect("JSON");
    assert_eq!((&value["version"], &value["result"]["name"]), (&1.into(), &"homelab-security".into()));
    for platform in ["k3s", "talos"] {
        let folder = format!("rendered-{platform}");
        let arguments = [
            "render",
            "b.tar",
            "--key",
            "mine.pub",
            "--site",
            "bundles/sites/homelab.yaml",
            "--platform",
            platform,
            "-o",
            &folder,
        ];
        stack.bundle(arguments).ok();
        assert!(stack.path(&folder).join("kustomization.yaml").exists());
        assert!(stack.path(&folder).join("nodes").read_dir().expect("node files").next().is_some());
        let again = stack.bundle(arguments);
        assert_eq!(again.code, Some(2), "a folder with old files is not written to");
    }
}

#[test]
fn a_push_sends_each_blob_once_and_a_second_one_nothing() {
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let target = stack.upstream.empty(1).expect("an empty registry").to_string();
    let front = stack.upstream.front("empty-1").expect("a front");
    let _before = front.take_requests();
    stack.bundle(["push", "b.tar", &target, "--key", "mine.pub"]).ok();
    let sent = front.take_requests();
    let mut digests: Vec<_> = sent
        .iter()
        .filter(|line| line.starts_with("PUT") && line.contains("/blobs/uploads/"))
        .filter_map(|line| line.split("digest=").nth(1))
        .collect();
    let all = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert!(all > 10 && all == digests.len(), "{all} uploads of {} blobs", digests.len());
    assert!(sent.iter().any(|line| line.contains("mount=")), "what several images share is mounted");
    stack.bundle(["push", "b.tar", &target, "--key", "mine.pub"]).ok();
    let again = front.take_requests();
    // This registry refuses an index without all of its platforms; each push offers it again.
    let originals = |line: &&String| line.starts_with("PUT ") && line.contains("/manifests/sha256:");
    // What a registry lists of referrers is looked at, for it may have been left unfinished.
    let listed = |line: &&String| line.starts_with("GET ") && line.contains("/referrers/");
    let other: Vec<_> =
        again.iter().filter(|line| !line.starts_with("HEAD ") && !originals(line) && !listed(line)).collect();
    assert_eq!(other, Vec::<&String>::new());
}

#[test]
fn what_is_pushed_from_a_served_bundle_is_what_the_bundle_holds() {
    let stack = Stack::homelab();
    stack.keys("mine");
    let bundle = stack.build("b.tar", "mine");
    let served = serve(&stack, &bundle, "mine.pub");
    let references = stack.bundle(["inspect", "b.tar", "--format", "json"]).ok();
    let value: serde_json::Value = serde_json::from_str(&references).expect("JSON");
    let entries = value["result"]["entries"].as_array().expect("entries");
    let client =
        airgap_bundle::registry::Client::new(airgap_bundle::spec::Registries::default()).expect("a client");
    let endpoint = airgap_bundle::registry::Endpoint::new(&served.address.to_string(), None, "");
    for entry in entries {
        let (name, digest) =
            (entry["name"].as_str().expect("a name"), entry["digest"].as_str().expect("a digest"));
        let (host, rest) = name.split_once('/').expect("a host");
        let path = rest.split(['@', ':']).next().expect("a path");
        let repository = client.repository(endpoint.clone(), path, host);
        let found = stack.block_on(repository.manifest(digest)).expect("an answer").expect("a manifest");
        for blob in found.document.blobs() {
            let taken = stack.block_on(repository.stream_blob(&blob.digest, blob.size, |_, _| Ok(())));
            taken.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn a_served_bundle_is_a_registry_that_needs_no_push() {
    let stack = Stack::homelab();
    stack.keys("mine");
    let bundle = stack.build("b.tar", "mine");
    let served = serve(&stack, &bundle, "mine.pub");
    let said = stack.bundle(["push", "b.tar", &served.address.to_string(), "--key", "mine.pub"]).ok();
    assert!(said.contains(": 0 entries, 0 blobs, 0 bytes; "), "{said}");
}

fn serve(stack: &Stack, bundle: &std::path::Path, key: &str) -> Running {
    use airgap_bundle::ops::{BundleTrust, Trust, catalog, open};
    use airgap_bundle::spec::DenyList;
    use airgap_bundle::trust::{BundleSigners, TrustedRoot};
    let key = airgap_bundle::trust::PublicKey::from_pem(&fs::read_to_string(stack.path(key)).expect("a key"))
        .expect("a key");
    let root = TrustedRoot::embedded().expect("a trusted root");
    let bundle_trust = BundleTrust::Signed(BundleSigners::new([key], [], 1).expect("one signer"));
    let archive = std::sync::Arc::new(
        open(bundle, &Trust { bundle: bundle_trust, root, deny: DenyList::default() })
            .expect("a good bundle"),
    );
    let registry = airgap_bundle::server::Registry::read_only(
        catalog(&archive, "", &Default::default(), &airgap_bundle::report::Silent),
        archive,
    );
    stack.block_on(registry.spawn()).expect("a port")
}
