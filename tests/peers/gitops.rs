//! The manifests of a site as one artifact, pushed to a real registry and read by the clients of Flux and of Argo CD.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::registry::Registry;
use bundle_testing::carried::{Carried, SiteText, Transport};
use bundle_testing::programs::Programs;
use bundle_testing::support::{Ran, program};

const SITE: SiteText =
    SiteText { platform: "k3s", images: "mirror", prefix: "edge/k8s", quay: "", transport: Transport::Plain };

/// Returns the files below a folder, by their paths, without those of some folders.
fn files(folder: &Path, without: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && !without.contains(&name.as_str()) {
            let below = files(&path, &[]);
            found.extend(below.into_iter().map(|(below, content)| (format!("{name}/{below}"), content)));
        } else if path.is_file() {
            found.insert(name, fs::read(path).expect("a file"));
        }
    }
    found
}

/// Returns what the folder output holds of manifests.
fn manifests(carried: &Carried) -> BTreeMap<String, Vec<u8>> {
    let manifests = files(&carried.render(&SITE), &["nodes", "auto-deploy", "gitops"]);
    assert!(manifests.len() > 8, "{:?}", manifests.keys());
    manifests
}

/// Publishes and returns the digest.
fn publish(carried: &Carried, place: &str) -> String {
    let said = carried.try_render(&SITE, place, &["--format", "json"]).ok();
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let digest = said["result"]["digest"].as_str().expect("a digest").to_owned();
    let reference = said["result"]["reference"].as_str().expect("a reference");
    assert!(reference.ends_with(&format!("@{digest}")), "{reference}");
    digest
}

#[test]
fn flux_and_argo_cd_read_what_is_published() {
    let programs = Programs::need(&["docker-registry", "read-flux", "read-argocd"]);
    let carried = Carried::new(&[]);
    let folder = carried.folder.path();
    let registry = Registry::docker(&programs, folder);
    let place = format!("oci://{}/gitops/made", registry.address);
    let (digest, expected) = (publish(&carried, &place), manifests(&carried));
    // Without a tag of its own it gets the bundle's version.
    let by_tag = format!("{place}:1.0.0");
    for (url, target) in [(&by_tag, "flux-tag"), (&format!("{place}@{digest}"), "flux-digest")] {
        let seen = programs.run("read-flux", folder, &["--plain-http", url, target]).ok();
        assert!(seen.contains(&digest) && seen.contains("1.0.0@sha256:"), "{seen}");
        assert!(files(&carried.path(target), &[]) == expected, "{url}");
    }
    for (revision, target) in [("1.0.0", "argo-tag"), (digest.as_str(), "argo-digest")] {
        let seen = programs.run("read-argocd", folder, &["--plain-http", &place, revision, target]).ok();
        assert_eq!(serde_json::from_str::<Value>(&seen).expect("JSON"), json!({"digest": digest}));
        assert!(files(&carried.path(target), &[]) == expected, "{revision}");
    }
}

#[test]
fn twice_the_same_is_one_artifact_and_another_one_is_not_put_in_its_place() {
    let programs = Programs::need(&["docker-registry", "crane"]);
    let carried = Carried::new(&[]);
    let folder = carried.folder.path();
    let registry = Registry::docker(&programs, folder);
    let place = format!("oci://{}/homelab:mine", registry.address);
    let first = publish(&carried, &place);
    assert_eq!(publish(&carried, &place), first);
    let there = carried.try_render(&SITE, &place, &[]).ok();
    assert!(there.trim_end().ends_with("(already there)"), "{there}");
    let shown = programs.run("crane", folder, &["manifest", &place["oci://".len()..]]).ok();
    let manifest: Value = serde_json::from_str(&shown).expect("JSON");
    let layers = manifest["layers"].as_array().expect("layers");
    assert_eq!(
        (layers.len(), &layers[0]["mediaType"]),
        (1, &json!("application/vnd.oci.image.layer.v1.tar+gzip"))
    );
    let annotations = manifest["annotations"].as_object().expect("annotations");
    assert_eq!(annotations["org.opencontainers.image.source"], "bundle:made");
    assert!(!annotations.contains_key("org.opencontainers.image.created"));

    let other = Carried::changed(
        &[],
        &[("layers/10-first/objects.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n")],
    );
    let refused = other.try_render(&SITE, &place, &[]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("already exists with another digest"), "{refused:?}");
    let moved = other.try_render(&SITE, &place, &["--retag"]).ok();
    assert!(!moved.contains(&first), "{moved}");
}

#[test]
fn the_time_is_what_the_environment_says_or_nothing() {
    let programs = Programs::need(&["docker-registry", "crane"]);
    let carried = Carried::new(&[]);
    let folder = carried.folder.path();
    let registry = Registry::docker(&programs, folder);
    fs::write(carried.path("site.yaml"), SITE.text()).expect("a file");
    let run = |epoch: &str| -> Ran {
        let mut command = std::process::Command::new(program());
        let place = format!("oci://{}/dated:1", registry.address);
        command.args(["render", "b.tar", "--insecure-unsigned", "--site", "site.yaml", "-o", &place]);
        command.current_dir(folder).env_clear().env("HOME", folder).env("SOURCE_DATE_EPOCH", epoch);
        command.output().expect("the program runs").into()
    };
    let bad = run("yesterday");
    assert_eq!(bad.code, Some(2));
    assert!(
        bad.stderr.starts_with("error: SOURCE_DATE_EPOCH is `yesterday`, expected a number of seconds"),
        "{bad:?}"
    );
    run("86400").ok();
    let shown = programs.run("crane", folder, &["manifest", &format!("{}/dated:1", registry.address)]).ok();
    assert!(shown.contains(r#""org.opencontainers.image.created":"1970-01-02T00:00:00Z""#), "{shown}");
}

#[test]
fn kustomize_gives_every_object_in_its_order() {
    let programs = Programs::need(&["kubectl"]);
    let carried = Carried::new(&[]);
    let folder = carried.render(&SITE);
    let names = |path: &Path| {
        let built = programs.run("kubectl", &folder, &["kustomize", path.to_str().expect("a path")]).ok();
        let names = built.lines().filter_map(|line| line.strip_prefix("  name: "));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    // By their names or kinds they would be in another order.
    assert_eq!(names(&folder), ["b-first", "a-first", "b-second", "a-second"]);
    assert_eq!(names(&folder.join("20-second")), ["b-second", "a-second"]);
    assert_eq!(names(&folder.join("20-second-optional")), ["watch"]);
}

#[test]
fn the_examples_name_what_is_published() {
    let programs = Programs::need(&["docker-registry"]);
    let carried = Carried::new(&[]);
    let registry = Registry::docker(&programs, carried.folder.path());
    let examples = files(&carried.render(&SITE).join("gitops"), &[]);
    let text = |name: &str| String::from_utf8(examples[name].clone()).expect("a text");
    let digest = publish(&carried, &format!("oci://{}/edge/k8s/gitops/made", registry.address));
    let flux = text("flux.yaml");
    for line in [
        "  url: oci://registry.lan:5000/edge/k8s/gitops/made\n".to_owned(),
        format!("    digest: {digest}\n"),
        "  insecure: true\n".to_owned(),
        "  path: ./20-second\n".to_owned(),
    ] {
        assert!(flux.contains(&line), "{line}{flux}");
    }
    let (_, second) = flux.split_once("name: made-20-second\n").expect("a layer");
    assert!(
        second.contains("  dependsOn:\n    - name: made-10-first\n")
            || second.contains("  dependsOn:\n  - name: made-10-first\n"),
        "{flux}"
    );
    let argo = text("argocd.yaml");
    for line in [
        format!("targetRevision: {digest}\n"),
        "repoURL: oci://registry.lan:5000/edge/k8s/gitops/made\n".to_owned(),
    ] {
        assert!(argo.contains(&line), "{line}{argo}");
    }
}
