//! The shipped layers of Falco, rendered for one spec and one site.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use airgap_bundle::digest::Digest;
use airgap_bundle::reference::ImageRef;
use airgap_bundle::render::{BundleFacts, Carried, ImageMap, RenderErrors, Sources, render};
use airgap_bundle::spec::{ItemKind, Platform, Site, Spec};
use serde_json::Value;

use bundle_testing::support::project;

/// What a spec and a site make of the layers.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The objects of all layers.
    pub objects: Vec<Value>,
    /// Where containerd of this platform listens.
    pub socket: &'static str,
    /// The versions in the bundle: the last part of a repository → its tag.
    pub versions: BTreeMap<String, String>,
}

impl Rendered {
    /// Renders the layers of Falco for a shipped spec and a site's text.
    pub fn of(spec: &str, site: &str) -> Self {
        Self::try_of(spec, site).unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// Renders them, or says why not.
    pub fn try_of(spec: &str, site: &str) -> Result<Self, RenderErrors> {
        let text = fs::read_to_string(project().join("bundles").join(spec)).expect("the spec");
        let spec = Spec::parse(&text, spec).expect("a valid spec");
        let site = Site::parse(site, "site.yaml").expect("a valid site");
        let platform = site.platform.expect("a platform");
        let items = spec.items().map(|item| carry(&item.reference, item.kind));
        let composed = spec.compose().map(|compose| carry(&compose.image, ItemKind::Image));
        let carried: Vec<_> = items.chain(composed).collect();
        let bundle = BundleFacts::new(&spec, vec![]);
        let sources = Sources::new(files(bundle.components.contains_key("falcosidekick")));
        let set = render(&sources, &ImageMap::new(&site.registry, carried), &site, platform, &bundle);
        let layers = set?.objects.layers;
        Ok(Self {
            objects: layers.into_iter().flat_map(|layer| layer.objects).map(|object| object.value).collect(),
            socket: match platform {
                Platform::K3s => "/run/k3s/containerd/containerd.sock",
                Platform::Talos => "/run/containerd/containerd.sock",
            },
            versions: spec.items().filter_map(|item| version(&item.reference)).collect(),
        })
    }

    /// The homelab: Talos, with falcosidekick.
    pub fn homelab() -> Self {
        Self::of("homelab.yaml", &shipped_site("homelab.yaml"))
    }

    /// Lumen: K3s, without falcosidekick.
    pub fn lumen() -> Self {
        Self::of("lumen.yaml", &shipped_site("lumen.yaml"))
    }

    /// Returns an object.
    pub fn object(&self, kind: &str, name: &str) -> Option<&Value> {
        self.objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
    }

    /// Returns an object, to change it.
    pub fn object_mut(&mut self, kind: &str, name: &str) -> &mut Value {
        let found = self
            .objects
            .iter_mut()
            .find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("no {kind} {name}"))
    }
}

/// Returns the text of a shipped site.
pub fn shipped_site(name: &str) -> String {
    fs::read_to_string(project().join("bundles/sites").join(name)).expect("the site")
}

fn carry(reference: &ImageRef, kind: ItemKind) -> Carried {
    Carried { reference: reference.clone(), digest: Digest::of(reference.to_string().as_bytes()), kind }
}

fn version(reference: &ImageRef) -> Option<(String, String)> {
    let name = reference.repository().rsplit('/').next()?;
    Some((name.to_owned(), reference.tag()?.trim_start_matches('v').to_owned()))
}

/// The layers of Falco and what platforms say, under the names that they have in a bundle.
fn files(sidekick: bool) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut layers = vec!["50-falco"];
    if sidekick {
        layers.push("55-falcosidekick");
    }
    for layer in layers {
        collect(&project().join("manifests").join(layer), &format!("layers/{layer}"), &mut files);
    }
    for platform in ["k3s", "talos"] {
        let values = fs::read(project().join(platform).join("values.yaml")).expect("values");
        files.insert(format!("platforms/{platform}/values.yaml"), values);
    }
    files
}

fn collect(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let name = format!("{name}/{}", entry.file_name().to_str().expect("a name"));
        files.insert(name, fs::read(entry.path()).expect("a file"));
    }
}
