//! A rendered set as files: for `kubectl apply -k`, for a person to read, for a GitOps tool.

use super::yaml::emit;
use super::{RenderedLayer, RenderedObject, RenderedSet};

/// The longest name that a file gets from an object, without number and ending.
const MAX_NAME: usize = 120;

impl RenderedSet {
    /// Returns every file: path and content. Objects are `NN-layer/NNN-kind-name.yaml`, node files lie below `nodes/`, and
    /// `kustomization.yaml` names the objects in their order.
    ///
    /// Paths are made from our own numbers and from names with everything but letters, digits, `.` and `-` replaced.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let objects: Vec<_> = self.layers.iter().flat_map(layer_files).collect();
        let kustomization = kustomization(objects.iter().map(|(path, _)| path.as_str()));
        let nodes =
            self.node_files.iter().map(|(path, content)| (format!("nodes/{}", safe(path)), content.clone()));
        let whole = [("kustomization.yaml".to_owned(), kustomization)];
        whole.into_iter().chain(objects).chain(nodes).collect()
    }
}

fn layer_files(layer: &RenderedLayer) -> impl Iterator<Item = (String, String)> {
    let folder = safe(&layer.name);
    layer.objects.iter().enumerate().map(move |(index, object)| {
        let name = format!("{}-{}", text(object, "/kind"), text(object, "/metadata/name"));
        (format!("{folder}/{index:03}-{}.yaml", safe(&name)), content(object))
    })
}

fn text<'a>(object: &'a RenderedObject, pointer: &str) -> &'a str {
    object.value.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or("unnamed")
}

/// Writes an object under a comment that names its source. JSON is YAML too, should YAML not be able to hold it.
fn content(object: &RenderedObject) -> String {
    let yaml = emit(&object.value).unwrap_or_else(|_| format!("{}\n", object.value));
    format!("# from {}\n{yaml}", object.source)
}

fn kustomization<'a>(paths: impl Iterator<Item = &'a str>) -> String {
    let start = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsortOptions:\n  order: fifo\nresources:\n";
    paths.fold(start.to_owned(), |text, path| text + "- " + path + "\n")
}

/// Returns a name that is nothing but a name, on any file system.
fn safe(name: &str) -> String {
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c.to_ascii_lowercase() } else { '-' }
    };
    let name: String = name.chars().take(MAX_NAME).map(allowed).collect();
    name.trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_be_a_path() {
        for (name, expected) in [
            ("ClusterRole-system:a", "clusterrole-system-a"),
            ("../../etc/passwd", "-..-etc-passwd"),
            ("a\\b\0c\n", "a-b-c-"),
            ("", ""),
            ("é", "-"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
        assert_eq!(safe(&"a".repeat(300)).len(), MAX_NAME);
    }
}
