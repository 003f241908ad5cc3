//! Every object of every variant, taken by a real API server that refuses fields it does not know.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::rendered::{Rendered, SITES, Site};
use crate::cluster::api_server::ApiServer;
use bundle_testing::programs::{Programs, files};

/// The definitions of the Prometheus operator v0.93.0 for ServiceMonitors and PrometheusRules.
const PROMETHEUS: [&str; 2] = [
    "a99047972c9dd7679ce2050b9968e8a08773492e671b3e17abd476d42aa78a32",
    "78be98554b9c8506ab2b4f4feb91c5f3a56e536a0a510f3a8e876a459970d56d",
];

/// The webhooks among the objects have no server here.
const UNASKED: &str = "ServiceAccount,MutatingAdmissionWebhook,ValidatingAdmissionWebhook";

#[test]
fn an_api_server_takes_every_object_with_strict_validation() {
    let programs = Programs::need(&["etcd", "kube-apiserver", "kubectl", "openssl"]);
    for name in SITES {
        let site = Site::new(name);
        let server = ApiServer::start(&programs, site.stack.folder.path(), UNASKED);
        lay_definitions(&server, &site);
        for variant in &site.variants {
            let objects = documents(&variant.folder);
            let taken = apply(&server, variant);
            assert_eq!(taken, objects, "{name} {}", variant.variant);
        }
        refuses_what_it_does_not_know(&server, &site);
    }
}

/// Lays what only running programs would make: the kinds of the constraints, and those of a Prometheus operator.
fn lay_definitions(server: &ApiServer<'_>, site: &Site) {
    let real = files();
    for digest in PROMETHEUS {
        let file = real.join(digest);
        server.kubectl(&["create", "--filename", file.to_str().expect("a plain path")]).ok();
    }
    for text in files_below(&site.variants[0].folder) {
        let value: Value = serde_saphyr::from_str(&text).expect("YAML");
        match value["kind"].as_str() {
            Some("ConstraintTemplate") => create(server, site, &definition(&value)),
            Some("CustomResourceDefinition") => create(server, site, &value),
            _ => {}
        }
    }
    server.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]).ok();
}

fn create(server: &ApiServer<'_>, site: &Site, object: &Value) {
    site.stack.write("object.json", &object.to_string());
    server.kubectl(&["create", "--filename=object.json"]).ok();
}

/// Returns the definition that Gatekeeper would make from a template, as strict about parameters as the template is.
fn definition(template: &Value) -> Value {
    let kind = template["spec"]["crd"]["spec"]["names"]["kind"].as_str().expect("a kind");
    let plural = kind.to_lowercase();
    let parameters = &template["spec"]["crd"]["spec"]["validation"]["openAPIV3Schema"];
    let list = json!({"type": "array", "items": {"type": "string"}});
    let kinds = json!({"type": "array", "items": {"type": "object", "properties": {"apiGroups": list, "kinds": list}}});
    let found = json!({"kinds": kinds, "excludedNamespaces": list, "namespaces": list});
    let spec = json!({"type": "object", "properties": {
        "enforcementAction": {"type": "string"},
        "match": {"type": "object", "properties": found},
        "parameters": parameters,
    }});
    let schema = json!({"type": "object", "properties": {"spec": spec}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.constraints.gatekeeper.sh")},
        "spec": {
            "group": "constraints.gatekeeper.sh", "scope": "Cluster",
            "names": {"kind": kind, "plural": plural, "singular": plural, "listKind": format!("{kind}List")},
            "versions": [{"name": "v1beta1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    })
}

/// Applies a variant; returns how many objects were taken.
fn apply(server: &ApiServer<'_>, variant: &Rendered) -> usize {
    let optional = layers(&variant.folder).filter(|layer| layer.to_string_lossy().ends_with("-optional"));
    let folders = [variant.folder.clone()].into_iter().chain(optional);
    folders.map(|folder| apply_folder(server, variant, &folder)).sum()
}

fn apply_folder(server: &ApiServer<'_>, variant: &Rendered, folder: &Path) -> usize {
    let folder = folder.to_str().expect("a plain path");
    let flags = ["apply", "--server-side", "--force-conflicts", "--validate=strict", "--kustomize", folder];
    let ran = server.kubectl(&flags);
    assert_eq!(ran.code, Some(0), "{}: {}", variant.variant, ran.stderr);
    // The server's warnings begin the line; kubectl logs one of its own about the order that the folder asks for.
    let warned = ran.stderr.lines().any(|line| line.starts_with("Warning: "));
    assert!(!warned, "{}: {}", variant.variant, ran.stderr);
    ran.stdout.lines().filter(|line| line.ends_with("serverside-applied")).count()
}

/// That a field is refused shows that the others were looked at.
fn refuses_what_it_does_not_know(server: &ApiServer<'_>, site: &Site) {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"}, "dada": {}});
    site.stack.write("object.json", &object.to_string());
    let ran = server.kubectl(&["apply", "--server-side", "--validate=strict", "--filename=object.json"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("dada"), "{ran:?}");
}

fn documents(folder: &Path) -> usize {
    files_below(folder).len()
}

/// Returns the objects of a rendered folder: what its layers' folders hold.
fn files_below(folder: &Path) -> Vec<String> {
    let files = layers(folder).flat_map(|layer| fs::read_dir(layer).expect("a layer"));
    let paths = files.map(|file| file.expect("a file").path());
    let objects = paths.filter(|path| !path.ends_with("kustomization.yaml"));
    objects.map(|path| fs::read_to_string(path).expect("a text")).collect()
}

/// Returns the folders of the layers: their names begin with a number.
fn layers(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let inside = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    inside.filter(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        path.is_dir() && name.starts_with(|letter: char| letter.is_ascii_digit())
    })
}
