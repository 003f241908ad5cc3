//! A rendered set as files: for `kubectl apply -k`, for a person to read, for a GitOps tool, for K3s' own folder.

use crate::render::yaml::emit;
use crate::rendered::{RenderedLayer, RenderedObject, RenderedSet};
use crate::spec::Platform;

/// The longest name that a file gets from an object, without number and ending.
const MAX_NAME: usize = 120;

/// The file that makes a folder one that Kustomize builds.
const KUSTOMIZATION: &str = "kustomization.yaml";

/// A folder of objects that are applied together.
pub(in crate::render) struct Folder<'a> {
    pub(in crate::render) name: String,
    pub(in crate::render) layer: &'a RenderedLayer,
    /// Whether it holds what is skipped if the cluster does not know the kind.
    pub(in crate::render) optional: bool,
    files: Vec<(String, &'a RenderedObject)>,
}

impl RenderedSet {
    /// Returns every file: path and content. Besides what [`RenderedSet::manifests`] returns, node files are below `nodes/`.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let nodes =
            self.node_files.iter().map(|(path, content)| (format!("nodes/{}", plain(path)), content.clone()));
        self.manifests().into_iter().chain(nodes).collect()
    }

    /// Returns the files of the objects: path and content. Each is `NN-layer/NNN-kind-name.yaml`, and `kustomization.yaml` leads
    /// to the layers in their order. Objects whose kinds not every cluster knows are in `NN-layer-optional/`, which is applied only if it is named.
    ///
    /// Paths are made from our own numbers and from names with everything but letters, digits, `.` and `-` replaced.
    #[must_use]
    pub fn manifests(&self) -> Vec<(String, String)> {
        let folders = self.folders();
        let needed = folders.iter().filter(|folder| !folder.optional).map(|folder| folder.name.as_str());
        let whole = (KUSTOMIZATION.to_owned(), kustomization(needed));
        [whole].into_iter().chain(folders.iter().flat_map(Folder::contents)).collect()
    }

    /// Returns the files for the folder from which K3s applies objects by itself, one a layer; none for another platform.
    // See: K3s docs, "Auto-Deploying Manifests": the names are lower-case letters, digits, `-` and `.`
    #[must_use]
    pub fn auto_deploy(&self) -> Vec<(String, String)> {
        if self.objects.platform != Platform::K3s {
            return Vec::new();
        }
        let file = |folder: &Folder<'_>| {
            let documents: Vec<_> = folder.files.iter().map(|(_, object)| content(object)).collect();
            (format!("auto-deploy/{}.yaml", folder.name), documents.join("---\n"))
        };
        self.folders().iter().map(file).collect()
    }

    /// Returns the folders that hold anything, in the order in which they are applied.
    pub(in crate::render) fn folders(&self) -> Vec<Folder<'_>> {
        let both = self
            .objects
            .layers
            .iter()
            .flat_map(|layer| [false, true].map(|optional| folder(layer, optional)));
        both.filter(|folder| !folder.files.is_empty()).collect()
    }
}

fn folder(layer: &RenderedLayer, optional: bool) -> Folder<'_> {
    let numbered = layer.objects.iter().enumerate().filter(|(_, object)| object.optional == optional);
    let files = numbered.map(|(index, object)| {
        let name = format!("{}-{}", text(object, "/kind"), text(object, "/metadata/name"));
        (format!("{index:03}-{}.yaml", safe(&name)), object)
    });
    let end = if optional { "-optional" } else { "" };
    Folder { name: format!("{}{end}", safe(&layer.name)), layer, optional, files: files.collect() }
}

impl Folder<'_> {
    fn contents(&self) -> Vec<(String, String)> {
        let path = |file: &str| format!("{}/{file}", self.name);
        let whole = kustomization(self.files.iter().map(|(file, _)| file.as_str()));
        let objects = self.files.iter().map(|(file, object)| (path(file), content(object)));
        [(path(KUSTOMIZATION), whole)].into_iter().chain(objects).collect()
    }
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
    plain(name).to_ascii_lowercase()
}

/// Returns the same with its capitals, for what we name ourselves.
fn plain(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' };
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
