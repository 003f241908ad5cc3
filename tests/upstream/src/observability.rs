//! The layer of rules and dashboards, rendered by itself.

use std::collections::BTreeMap;
use std::fs;

use airgap_bundle::render::{BundleFacts, ImageMap, Sources, render};
use airgap_bundle::rendered::RenderedSet;
use airgap_bundle::spec::{Platform, Site};
use serde_json::Value;

use crate::support::project;

/// The layer's folder in the project.
pub const LAYER: &str = "manifests/70-observability";
/// Every component that has rules or dashboards.
pub const COMPONENTS: [&str; 5] =
    ["falco", "falcosidekick", "gatekeeper", "k8s-metacollector", "trivy-operator"];

/// Renders the layer for a bundle that has some components.
pub fn rendered(components: &[&str]) -> RenderedSet {
    let entries =
        fs::read_dir(project().join(LAYER)).expect("the layer").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.is_file()).map(|path| {
        let name = path.file_name().expect("a name").to_str().expect("a plain name");
        (format!("layers/70-observability/{name}"), fs::read(&path).expect("a file"))
    });
    let values = [("platforms/k3s/values.yaml".to_owned(), b"{}".to_vec())];
    let sources = Sources::new(files.chain(values).collect());
    let site = "apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {address: registry.lan}\n";
    let site = Site::parse(site, "site.yaml").expect("a site");
    let components =
        components.iter().map(|&name| (name.to_owned(), "1.0.0".to_owned())).collect::<BTreeMap<_, _>>();
    let bundle = BundleFacts { name: "homelab".into(), version: "1".into(), components, databases: vec![] };
    let images = ImageMap::new(&site.registry, []);
    render(&sources, &images, &site, Platform::K3s, &bundle).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Returns the objects of a kind.
pub fn objects<'a>(set: &'a RenderedSet, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = set.objects.layers.iter().flat_map(|layer| &layer.objects).map(|object| &object.value);
    all.filter(move |value| value["kind"] == kind)
}

/// Returns the dashboards: name of the file, and what it says.
pub fn dashboards(set: &RenderedSet) -> Vec<(String, Value)> {
    let data = objects(set, "ConfigMap").flat_map(|map| map["data"].as_object().expect("data"));
    let parsed =
        |text: &Value| serde_json::from_str(text.as_str().expect("a text")).expect("a dashboard is JSON");
    data.map(|(name, text)| (name.clone(), parsed(text))).collect()
}
