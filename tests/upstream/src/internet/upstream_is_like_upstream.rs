//! The stand-in for the internet has upstream's shapes, as the shipped spec meets them.

use std::collections::BTreeMap;

use airgap_bundle::oci::{self, Manifest};
use airgap_bundle::reference::ImageRef;
use airgap_bundle::registry::Client;
use airgap_bundle::resolve::{Resolved, resolve};
use airgap_bundle::spec::{ItemKind, Spec};

use super::{Options, Upstream, UpstreamError, standin, start, this_platform};

const HOMELAB: &str = include_str!("../../../../bundles/homelab.yaml");
const TITLE: &str = "org.opencontainers.image.title";

pub(super) fn homelab() -> Spec {
    Spec::parse(HOMELAB, "bundles/homelab.yaml").expect("the shipped spec is valid")
}

/// Returns a spec of one item.
pub(super) fn spec_of(kind: &str, reference: &str) -> Spec {
    let text = format!(
        "{{apiVersion: bundle/v1alpha1, kind: Bundle, metadata: {{name: t, version: 1}}, targets: [linux/amd64], \
         components: [{{name: t, {kind}: [{{ref: \"{reference}\", verify: {{unsigned: {{reason: test}}}}}}]}}]}}"
    );
    Spec::parse(&text, "t.yaml").expect("the spec is valid")
}

async fn resolve_all(spec: &Spec, upstream: &Upstream) -> BTreeMap<String, Resolved> {
    let client = upstream.client().expect("a client");
    let mut all = BTreeMap::new();
    for item in spec.items() {
        let resolved = resolve(&client, item, &spec.targets, None).await.expect("every item is served");
        all.insert(item.reference.repository().to_owned(), resolved);
    }
    all
}

#[tokio::test]
async fn every_item_has_upstreams_platforms() {
    let spec = homelab();
    let upstream = start(&Options::of(spec.clone())).await.expect("it starts");
    let resolved = resolve_all(&spec, &upstream).await;
    let both = ["linux/amd64", "linux/arm64"].as_slice();
    for (repository, index, listed, carried, platforms) in [
        ("openpolicyagent/gatekeeper", oci::INDEX, 6, 4, both),
        ("falcosecurity/falco", oci::DOCKER_INDEX, 2, 2, both),
        ("falcosecurity/falcoctl", oci::INDEX, 4, 4, both),
        ("falcosecurity/falcosidekick", oci::INDEX, 6, 4, both),
        ("falcosecurity/k8s-metacollector", oci::INDEX, 4, 4, both),
        ("aquasec/trivy", oci::DOCKER_INDEX, 4, 2, both),
        ("aquasec/trivy-operator", oci::DOCKER_INDEX, 4, 2, both),
        ("aquasecurity/node-collector", oci::DOCKER_INDEX, 2, 2, both),
        ("falcosecurity/plugins/plugin/k8smeta", oci::INDEX, 2, 2, both),
        ("falcosecurity/plugins/plugin/container", oci::INDEX, 2, 2, both),
        ("falcosecurity/rules/falco-rules", oci::MANIFEST, 0, 0, &[]),
        ("aquasecurity/trivy-db", oci::MANIFEST, 0, 0, &[]),
        ("aquasecurity/trivy-java-db", oci::MANIFEST, 0, 0, &[]),
        ("aquasecurity/trivy-checks", oci::MANIFEST, 0, 0, &[]),
    ] {
        let found = &resolved[repository];
        let children = |manifest: &Manifest| manifest.document.manifests.as_ref().map_or(0, Vec::len);
        assert_eq!(found.top.descriptor.media_type, index, "{repository}");
        assert_eq!((children(&found.top), children(found.carried())), (listed, carried), "{repository}");
        assert_eq!(found.platforms, platforms, "{repository}");
    }
    assert_eq!(resolved.len(), 14);
}

#[tokio::test]
async fn artifacts_have_upstreams_media_types() {
    let spec = homelab();
    let upstream = start(&Options::of(spec.clone())).await.expect("it starts");
    let resolved = resolve_all(&spec, &upstream).await;
    let falco = "application/vnd.cncf.falco";
    let (plugin, rules) = (format!("{falco}.plugin"), format!("{falco}.rulesfile"));
    let (aqua, opa) = ("application/vnd.aquasec.trivy", "application/vnd.cncf.openpolicyagent");
    let (trivy, checks) = (format!("{aqua}.config.v1+json"), format!("{opa}.config.v1+json"));
    let of = |name: &str| format!("{name}.config.v1+json");
    let gz = |name: &str| format!("{name}.layer.v1+tar.gz");
    let gzip = |name: &str| format!("{name}.layer.v1.tar+gzip");
    for (repository, config, artifact_type, layer, title) in [
        (
            "falcosecurity/plugins/plugin/k8smeta",
            of(&plugin),
            None,
            gz(&plugin),
            "k8smeta-0.4.1-linux-x86_64.tar.gz",
        ),
        (
            "falcosecurity/plugins/plugin/container",
            of(&plugin),
            None,
            gz(&plugin),
            "container-0.7.1-linux-x86_64.tar.gz",
        ),
        ("falcosecurity/rules/falco-rules", of(&rules), None, gz(&rules), "falco-rules-5.1.0.tar.gz"),
        (
            "aquasecurity/trivy-db",
            "application/vnd.oci.empty.v1+json".to_owned(),
            Some(&trivy),
            gzip(&format!("{aqua}.db")),
            "db.tar.gz",
        ),
        (
            "aquasecurity/trivy-java-db",
            "application/vnd.oci.empty.v1+json".to_owned(),
            Some(&trivy),
            gzip(&format!("{aqua}.javadb")),
            "javadb.tar.gz",
        ),
        (
            "aquasecurity/trivy-checks",
            "application/vnd.oci.empty.v1+json".to_owned(),
            Some(&checks),
            gzip(opa),
            "bundle.tar.gz",
        ),
    ] {
        let manifest = resolved[repository].manifests().next().expect("a manifest");
        let [only] = manifest.document.layers.as_slice() else { panic!("`{repository}` has one layer") };
        let found_config = manifest.document.config.as_ref().map(|config| config.media_type.as_str());
        assert_eq!(found_config, Some(config.as_str()), "{repository}");
        assert_eq!(manifest.document.artifact_type.as_ref(), artifact_type, "{repository}");
        assert_eq!((only.media_type.as_str(), only.annotations[TITLE].as_str()), (layer.as_str(), title));
    }
}

#[tokio::test]
async fn attestations_of_both_forms_name_their_platform() {
    let spec = homelab();
    let upstream = start(&Options::of(spec.clone())).await.expect("it starts");
    let resolved = resolve_all(&spec, &upstream).await;
    for (repository, artifact_type) in [
        ("openpolicyagent/gatekeeper", Some("application/vnd.docker.attestation.manifest.v1+json")),
        ("falcosecurity/falcosidekick", None),
    ] {
        let listed = resolved[repository].top.document.manifests.clone().expect("an index");
        let (image, attestation) = (&listed[0], &listed[3]);
        let unknown = attestation.platform.as_ref().map(oci::Platform::name);
        assert_eq!(unknown.as_deref(), Some("unknown/unknown"));
        assert_eq!(attestation.annotations["vnd.docker.reference.digest"], image.digest.to_string());
        let children = &resolved[repository].children;
        let manifest = children.iter().find(|child| child.descriptor.digest == attestation.digest);
        let document = &manifest.expect("the attestation is in the bundle").document;
        assert_eq!(document.artifact_type.as_deref(), artifact_type);
        assert_eq!(
            document.subject.as_ref().map(|subject| subject.digest),
            artifact_type.map(|_| image.digest)
        );
    }
}

#[tokio::test]
async fn two_starts_give_the_same_bytes() {
    let (first, second) = (Options::of(homelab()), Options::of(homelab()));
    let digests =
        |upstream: Upstream| upstream.published.into_iter().map(|item| (item.reference, item.digest));
    let first: Vec<_> = digests(start(&first).await.expect("it starts")).collect();
    let second: Vec<_> = digests(start(&second).await.expect("it starts again")).collect();
    assert_eq!(first, second);
    let k8smeta = first.iter().find(|(reference, _)| reference.repository().ends_with("/k8smeta"));
    // A lock that was written against an older stand-in stays valid: change this only together with the contents.
    let expected = "sha256:09e5f65cc11af6656ae9dfb62c0b0f1163d6da64f9f2943b01d4e1ea973da83e";
    assert_eq!(k8smeta.map(|(_, digest)| digest.to_string()).as_deref(), Some(expected));
}

#[tokio::test]
async fn versions_move_their_series_along() {
    let spec = spec_of("artifacts", "ghcr.io/falcosecurity/rules/falco-rules:5.1.0");
    let upstream = start(&Options::of(spec)).await.expect("it starts");
    let client = upstream.client().expect("a client");
    let repository = client.upstream(&upstream.published[0].reference);
    for tag in ["5.1.0", "5.1", "5", "latest"] {
        let found = repository.resolve(tag).await.expect("it answers");
        assert_eq!(found, Some(upstream.published[0].digest), "{tag}");
    }
    assert_eq!(repository.resolve("5.2").await.expect("it answers"), None);
}

#[tokio::test]
async fn images_share_their_first_layer() {
    let spec = homelab();
    let upstream = start(&Options::of(spec.clone())).await.expect("it starts");
    let resolved = resolve_all(&spec, &upstream).await;
    let images = resolved.values().filter(|resolved| resolved.item.kind == ItemKind::Image);
    let mut first: Vec<_> = images
        .flat_map(|resolved| &resolved.children)
        .filter(|child| {
            child.document.layers.len() == 2 && child.document.layers[0].media_type.contains("tar")
        })
        .map(|child| child.document.layers[0].digest)
        .collect();
    assert_eq!(first.len(), 16);
    first.dedup();
    assert_eq!(first.len(), 1);
}

#[tokio::test]
async fn a_real_program_lies_where_upstreams_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("manager");
    std::fs::write(&program, "the real one").expect("it is written");
    let gatekeeper = "docker.io/openpolicyagent/gatekeeper";
    let mut options = Options::of(spec_of("images", &format!("{gatekeeper}:v3.23.1")));
    options.real.insert(gatekeeper.to_owned(), program);
    let upstream = start(&options).await.expect("it starts");
    let client = upstream.client().expect("a client");
    for target in ["linux/amd64", "linux/arm64"] {
        let tar = program_layer(&client, &options.spec, target).await;
        let is_there = tar.windows(12).any(|bytes| bytes == b"the real one");
        assert_eq!(is_there, target == this_platform(), "{target}");
        let says = tar.windows(18).any(|bytes| bytes == b"holds no program a");
        assert_eq!(says, target != this_platform(), "{target}");
    }
}

/// Returns the second layer of the spec's only image; its gzip stores the content uncompressed.
async fn program_layer(client: &Client, spec: &Spec, target: &str) -> Vec<u8> {
    let item = spec.items().next().expect("an item");
    let resolved = resolve(client, item, &[target.to_owned()], None).await.expect("it resolves");
    let layer = &resolved.children[0].document.layers[1];
    client.upstream(&item.reference).blob(layer, layer.size).await.expect("it is served").to_vec()
}

#[tokio::test]
async fn what_the_table_does_not_know_is_an_error() {
    for (kind, reference) in [
        ("images", "docker.io/library/nginx:1.29"),
        ("images", "ghcr.io/aquasecurity/trivy-db:2"),
        ("artifacts", "docker.io/aquasec/trivy:0.72.0"),
    ] {
        let failed = start(&Options::of(spec_of(kind, reference))).await.err();
        let expected: ImageRef = reference.parse().expect("a reference");
        assert!(
            matches!(failed, Some(UpstreamError::Unknown { reference, .. }) if reference == expected),
            "{reference}"
        );
    }
}

#[test]
fn the_standin_program_says_what_it_is() {
    let cache = tempfile::tempdir().expect("a folder");
    let program = standin(cache.path()).expect("it compiles");
    assert_eq!(standin(cache.path()).expect("it is there"), program);
    let output = std::process::Command::new(program).env("STANDIN_FOR", "Trivy 0.72.0").output();
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        (output.status.code(), said.as_str()),
        (Some(0), "stand-in for Trivy 0.72.0: this is not the real program\n")
    );
}
