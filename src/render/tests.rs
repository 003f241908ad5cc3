//! Whole sites, rendered from the repository's own layers and a small stand-in for upstream's file.

mod network;
mod trivy_operator;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::digest::Digest;
use crate::render::images::places;
use crate::rendered::{Expectation, Probe, RenderedLayer};
use crate::spec::{Enforcement, ImageMode, ItemKind};

const GATEKEEPER: &str = "docker.io/openpolicyagent/gatekeeper:v3.23.1";

/// As much of upstream's file as shows what is done with it.
const UPSTREAM: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: gatekeeper-system
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: configs.config.gatekeeper.sh
spec:
  versions:
  - name: v1alpha1
    schema:
      openAPIV3Schema:
        description: 'More info: https://example.com/conventions'
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: gatekeeper-audit
  namespace: gatekeeper-system
spec:
  template:
    spec:
      containers:
      - name: manager
        image: openpolicyagent/gatekeeper:v3.23.1
        imagePullPolicy: Always
        args: [--operation=audit]
        securityContext:
          runAsNonRoot: yes
      volumes:
      - name: certs
        secret:
          defaultMode: 0420
---
";

pub(in crate::render) fn site(images: ImageMode) -> Site {
    let text = "\
apiVersion: bundle/v1alpha1
kind: Site
registry: {address: registry.lan:5000, plainHttp: true}
gatekeeper: {enforcement: deny, exemptNamespaces: [kube-system], exemptImages: [quay.io/cilium/*]}
namespaces: [{name: lumen}]
";
    let mut site = Site::parse(text, "site.yaml").unwrap();
    site.registry.images = images;
    site
}

/// Layers that need more than Gatekeeper's image, and have tests of their own.
const OTHER_LAYERS: &[&str] = &["layers/50-", "layers/55-", "layers/60-", "layers/70-"];

/// The repository's folders under the names that they have in a bundle, without the layers that have tests of their own.
fn shipped() -> BTreeMap<String, Vec<u8>> {
    let mut files = repository();
    files.retain(|path, _| !OTHER_LAYERS.iter().any(|layer| path.starts_with(layer)));
    files.insert("files/gatekeeper.yaml".to_owned(), UPSTREAM.into());
    files
}

/// The repository's folders under the names that they have in a bundle.
fn repository() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (folder, name) in [("manifests", "layers"), ("k3s", "platforms/k3s"), ("talos", "platforms/talos")] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), name, &mut files);
    }
    files
}

fn collect(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in folder.read_dir().unwrap().map(Result::unwrap) {
        let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => collect(&entry.path(), &name, files),
            false => drop(files.insert(name, std::fs::read(entry.path()).unwrap())),
        }
    }
}

fn run(
    files: BTreeMap<String, Vec<u8>>,
    site: &Site,
    platform: Platform,
) -> Result<RenderedSet, RenderErrors> {
    run_with(files, site, platform, "v3.23.1")
}

fn run_with(
    files: BTreeMap<String, Vec<u8>>,
    site: &Site,
    platform: Platform,
    gatekeeper: &str,
) -> Result<RenderedSet, RenderErrors> {
    let carried = [Carried {
        reference: GATEKEEPER.parse().unwrap(),
        digest: Digest::of(b"gatekeeper"),
        kind: ItemKind::Image,
    }];
    let bundle = BundleFacts {
        name: "homelab-security".into(),
        version: "2026.11.0".into(),
        components: BTreeMap::from([("gatekeeper".to_owned(), gatekeeper.to_owned())]),
        databases: vec![],
    };
    render(&Sources::new(files), &ImageMap::new(&site.registry, carried), site, platform, &bundle)
}

fn listing(set: &RenderedSet) -> String {
    set.files().iter().map(|(path, content)| format!("=== {path}\n{content}\n")).collect()
}

/// Returns the files that differ from those of another set, and the names of those that are missing.
fn differing(first: &RenderedSet, set: &RenderedSet) -> String {
    let before = BTreeMap::from_iter(first.files());
    let files = BTreeMap::from_iter(set.files());
    let missing = before.keys().filter(|path| !files.contains_key(*path));
    let missing: String = missing.map(|path| format!("=== {path} is missing\n")).collect();
    let changed = files.iter().filter(|(path, content)| before.get(*path) != Some(content));
    missing + &changed.map(|(path, content)| format!("=== {path}\n{content}\n")).collect::<String>()
}

/// Returns the faults of the shipped layers with one file changed.
fn faults(path: &str, content: &str) -> String {
    let mut files = shipped();
    files.insert(path.to_owned(), content.into());
    run(files, &site(ImageMode::Mirror), Platform::K3s).unwrap_err().to_string()
}

#[test]
fn k3s_and_talos_mirror_and_rewrite() {
    let mut first = None;
    for platform in [Platform::K3s, Platform::Talos] {
        for images in [ImageMode::Mirror, ImageMode::Rewrite] {
            let set = run(shipped(), &site(images), platform).unwrap_or_else(|errors| panic!("{errors}"));
            let text = first.as_ref().map_or_else(|| listing(&set), |first| differing(first, &set));
            insta::assert_snapshot!(format!("{}_{images:?}", platform.name()), text);
            let again = run(shipped(), &site(images), platform).unwrap();
            assert_eq!(listing(&set), listing(&again));
            first.get_or_insert(set);
        }
    }
}

#[test]
fn what_is_waited_for_and_probed() {
    let set = run(shipped(), &site(ImageMode::Mirror), Platform::K3s).unwrap();
    let mut text = String::new();
    for RenderedLayer { name, wait_for, timeout, probes, .. } in set.objects.layers {
        text += &format!("=== {name}: {wait_for:?}, {timeout:?}\n");
        for Probe { name, object, expect } in probes {
            text += &format!("--- {name}: {expect:?}\n{}", yaml::emit(&object).unwrap());
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn probes_expect_what_the_enforcement_does() {
    let answers = |enforcement| {
        let mut site = site(ImageMode::Mirror);
        site.gatekeeper.policies.retain(|policy| policy.name == "block-latest-tag");
        site.gatekeeper.policies[0].enforcement = enforcement;
        let set = run(shipped(), &site, Platform::K3s).unwrap();
        let probes =
            set.objects.layers.into_iter().find(|layer| layer.name == "30-constraints").unwrap().probes;
        probes.into_iter().map(|probe| probe.expect).collect::<Vec<_>>()
    };
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let problem = "Container <nginx> uses :latest tag";
    let refused =
        Expectation::Refused { words: words(&["validation.gatekeeper.sh", "[block-latest-tag]", problem]) };
    assert_eq!(answers(Enforcement::Deny)[..2], [refused.clone(), refused]);
    let warned = Expectation::Warned { words: words(&["[block-latest-tag]", problem]) };
    assert_eq!(answers(Enforcement::Warn)[..2], [warned.clone(), warned]);
    assert_eq!(answers(Enforcement::Dryrun), vec![Expectation::Admitted; 5]);
}

/// Group and kind of everything that a constraint looks at.
fn kinds(constraint: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = constraint["spec"]["match"]["kinds"].as_array().unwrap();
    let of =
        |entry: &Value, field: &str| entry[field].as_array().unwrap().iter().map(text).collect::<Vec<_>>();
    entries
        .iter()
        .flat_map(|entry| of(entry, "kinds").into_iter().map(|kind| (of(entry, "apiGroups").remove(0), kind)))
        .collect()
}

#[test]
fn policies_look_at_every_kind_whose_images_are_named() {
    let set = run(shipped(), &site(ImageMode::Mirror), Platform::K3s).unwrap();
    let table: BTreeSet<_> =
        places::POD_SPECS.iter().map(|(group, kind, _)| ((*group).to_owned(), (*kind).to_owned())).collect();
    assert_eq!(set.objects.layers[3].objects.len(), 4);
    for object in &set.objects.layers[3].objects {
        assert_eq!(kinds(&object.value), table);
    }
    let mut tried = shipped();
    tried.retain(|path, _| path.starts_with("layers/20-policies/") && path.ends_with("/constraint.yaml"));
    assert_eq!(tried.len(), 7);
    for (path, constraint) in tried {
        assert_eq!(kinds(&yaml::parse(std::str::from_utf8(&constraint).unwrap()).unwrap()), table, "{path}");
    }
}

#[test]
fn a_site_without_namespaces_is_probed_in_default() {
    let mut site = site(ImageMode::Mirror);
    site.namespaces.clear();
    let set = run(shipped(), &site, Platform::Talos).unwrap();
    assert_eq!((set.objects.layers[0].objects.len(), set.objects.layers[0].probes.len()), (0, 0));
    assert_eq!(set.objects.layers[3].probes[0].object["metadata"]["namespace"], "default");
}

#[test]
fn a_prefix_reaches_the_nodes() {
    let mut site = site(ImageMode::Mirror);
    site.registry.prefix = "edge/k8s".into();
    let nodes = |platform, name: &str| {
        let files = run(shipped(), &site, platform).unwrap().node_files;
        files.into_iter().find(|(file, _)| file == name).unwrap().1
    };
    let rewrite = "      \"^(.*)$\": \"edge/k8s/$1\"\n";
    assert!(nodes(Platform::K3s, "registries.yaml").contains(rewrite));
    let path = "  - url: \"http://registry.lan:5000/v2/edge/k8s\"\n    overridePath: true\n";
    assert!(nodes(Platform::Talos, "registry-mirrors.yaml").contains(path));
}

#[test]
fn node_files_are_texts_of_any_kind_and_empty_ones_are_left_out() {
    let mut files = shipped();
    files.retain(|path, _| !path.starts_with("platforms/k3s/nodes/"));
    let mut add = |name: &str, text: &str| files.insert(format!("platforms/k3s/nodes/{name}"), text.into());
    add("go.sh", "#!/bin/sh\nset -eu: [\necho {{ registry.address }}\n");
    add("none.sh", "{% if registry.prefix %}\nx\n{% endif %}\n");
    add("none.yaml", "# nothing\n");
    let set = run(files.clone(), &site(ImageMode::Mirror), Platform::K3s).unwrap();
    let script = "#!/bin/sh\nset -eu: [\necho registry.lan:5000\n";
    assert_eq!(set.node_files, [("go.sh".to_owned(), script.to_owned())]);
    files.insert("platforms/k3s/nodes/bad.yaml".to_owned(), b"set -eu: [\n".to_vec());
    let errors = run(files, &site(ImageMode::Mirror), Platform::K3s).unwrap_err().to_string();
    assert!(errors.starts_with("`platforms/k3s/nodes/bad.yaml` (rendered): line "), "{errors}");
}

#[test]
fn the_homelab_site_warns() {
    let text = include_str!("../../bundles/sites/homelab.yaml");
    let site = Site::parse(text, "bundles/sites/homelab.yaml").unwrap();
    let set = run(shipped(), &site, site.platform.unwrap()).unwrap();
    let constraint = &set.objects.layers[3].objects[0].value["spec"];
    assert_eq!(constraint["enforcementAction"], "warn");
    assert_eq!(constraint["match"]["excludedNamespaces"].as_array().unwrap().len(), 6);
    assert_eq!(constraint["parameters"]["exemptImages"][1], "ghcr.io/longhorn/*");
}

#[test]
fn a_registry_with_tls_and_names_of_its_own_needs_no_mirror() {
    let mut site = site(ImageMode::Rewrite);
    site.registry.plain_http = None;
    let nodes = |platform| run(shipped(), &site, platform).unwrap().node_files;
    let talos = nodes(Platform::Talos);
    assert!(!talos.is_empty() && talos.iter().all(|(name, _)| !name.starts_with("registry")), "{talos:?}");
    let k3s: BTreeMap<_, _> = nodes(Platform::K3s).into_iter().collect();
    assert!(k3s["registries.yaml"].ends_with("\nmirrors: {}\n"));
}

#[test]
fn every_fault_is_reported_in_one_go() {
    let mut files = shipped();
    let mut change = |path: &str, text: &str| files.insert(path.to_owned(), text.into());
    change("files/gatekeeper.yaml", &UPSTREAM.replace("v3.23.1", "v3.24.0").replace("imagePull", "ifPull"));
    change("layers/00-namespaces/namespaces.yaml", "a: {{ site.registry.adress }}\n");
    change("layers/20-policies/layer.yaml", "apiVersion: bundle/v1alpha1\nkind: Layer\nmanifest: []\n");
    change("layers/30-constraints/constraints.yaml", "kind: [\n");
    change("layers/readme/x", "");
    change("platforms/k3s/values.yaml", "- a\n");
    let errors = run(files, &site(ImageMode::Mirror), Platform::K3s).unwrap_err();
    insta::assert_snapshot!(errors);
}

#[test]
fn an_image_that_is_not_in_the_bundle_is_named_with_file_object_and_field() {
    assert_eq!(
        faults("files/gatekeeper.yaml", &UPSTREAM.replace("v3.23.1", "v3.24.0")),
        "Deployment `gatekeeper-system/gatekeeper-audit` in `10-gatekeeper/gatekeeper.yaml`, \
         field `/spec/template/spec/containers/0/image`: \
         the bundle does not carry `docker.io/openpolicyagent/gatekeeper:v3.24.0`, \
         only `docker.io/openpolicyagent/gatekeeper:v3.23.1`"
    );
}

#[test]
fn a_patch_without_a_match_is_named_with_its_reason() {
    let patch = "[{target: {kind: DaemonSet}, reason: because, set: {path: /a, value: 1}}]";
    assert_eq!(
        faults("layers/10-gatekeeper/patches.yaml", patch),
        "`layers/10-gatekeeper/patches.yaml`: patch for DaemonSet `*` in `files/gatekeeper.yaml` (\"because\") finds no object"
    );
}

#[test]
fn a_patch_says_where_and_why() {
    let path = "layers/10-gatekeeper/patches.yaml";
    let start = format!("`{path}` (rendered): line 1, column");
    assert_eq!(
        faults(path, "[{target: {kind: Pod}, set: {path: /a, value: 1}}]"),
        format!(
            "{start} 24: missing field `reason`, in `[{{target: {{kind: Pod}}, set: {{path: /a, value: 1}}}}]`"
        )
    );
    assert_eq!(
        faults(path, "[{target: {kind: Pod}, reason: r, remove: a}]"),
        format!(
            "{start} 43: `a` is not a path: expected `/`, then a field, in `[{{target: {{kind: Pod}}, reason: r, remove: a}}]`"
        )
    );
}

#[test]
fn generate_is_there_exactly_where_the_version_wants_it() {
    let args = |version: &str, upstream: &str| {
        let mut files = shipped();
        files.insert("files/gatekeeper.yaml".to_owned(), upstream.into());
        let set = run_with(files, &site(ImageMode::Mirror), Platform::K3s, version).unwrap();
        let deployment = &set.objects.layers[1].objects[2].value;
        deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap().len()
    };
    let with = UPSTREAM.replace("audit]", "audit, --operation=generate]");
    assert_eq!([args("v3.18.0", UPSTREAM), args("v3.18.0", &with), args("3.23.1", &with)], [2, 2, 2]);
    assert_eq!([args("v3.17.2", UPSTREAM), args("v3.17.2", &with)], [1, 1]);
}

#[test]
fn an_object_of_two_layers_is_refused() {
    let mut site = site(ImageMode::Mirror);
    site.namespaces[0].name = "gatekeeper-system".into();
    let errors = run(shipped(), &site, Platform::K3s).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "Namespace `gatekeeper-system` is created twice: by `00-namespaces/namespaces.yaml` and by `10-gatekeeper/gatekeeper.yaml`"
    );
    assert_eq!(
        errors.0[0].hint(),
        Some("remove one of them; a layer may create a namespace that the site lists")
    );
}

#[test]
fn a_file_that_is_not_in_the_bundle_is_named() {
    let mut files = shipped();
    files.remove("files/gatekeeper.yaml");
    let errors = run(files, &site(ImageMode::Mirror), Platform::K3s).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "`layers/10-gatekeeper/layer.yaml` names `files/gatekeeper.yaml`, which the bundle does not carry"
    );
}
