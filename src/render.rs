//! Turns the manifest layers of a bundle, a site and a platform into the objects to apply.
//!
//! Everything here is pure: same input, same objects, same order. Upstream's files are never edited: they are patched by
//! selector, and a patch that finds nothing is an error. Every fault of every layer is reported in one go.
//!
//! Rooms, each importing from those before it: `yaml`, `unresolved`, `error` → `objects` → `images` → `probes` → `layers` →
//! `output`. The result is a [`RenderedSet`], which belongs to `rendered`.

#[cfg(test)]
mod documented;
mod error;
mod images;
mod layers;
mod objects;
mod output;
mod probes;
mod unresolved;
mod yaml;

pub use error::{RenderError, RenderErrors};
pub use images::map::{Carried, ImageMap};
pub use images::proof::Proof;
pub use layers::bundle::BundleFacts;
pub use layers::sources::{Sources, is_layer_name};
pub use output::artifact::{Artifact, Label};
pub use output::gitops::GitopsSource;
pub use unresolved::UnresolvedImage;
pub use yaml::YamlFault;

use serde_json::Value;

use crate::platform::{self, NodeRegistry};
use crate::rendered::{ObjectSet, RenderedSet};
use crate::spec::{Platform, Site};
use error::Faults;
use images::addresses::SiteHosts;
use images::naming::Naming;
use layers::context::Seen;
use layers::run::Run;
use layers::template::Templates;
use objects::object;

/// Renders every layer and every node file for one site on one platform.
///
/// # Errors
///
/// Every fault of the layers, the templates, upstream's files and their images, at once.
pub fn render(
    sources: &Sources,
    images: &ImageMap,
    site: &Site,
    platform: Platform,
    bundle: &BundleFacts,
) -> Result<RenderedSet, RenderErrors> {
    let mut faults = Faults::default();
    let values = platform_values(sources, platform, &mut faults);
    let registry = NodeRegistry::new(&site.registry, images.hosts());
    let (files, proofs) = (sources.digests(), images.proofs());
    let seen = Seen { site, bundle, platform, values, registry: &registry, files, proofs };
    let templates = Templates::new(&seen.context());
    let mut run = Run { sources, naming: Naming::new(images), hosts: SiteHosts::of(site), templates, faults };
    let layers: Vec<_> = sources.layers().into_iter().filter_map(|name| run.layer(name)).collect();
    let node_files = run.node_files(&platform::nodes_folder(platform));
    object::refuse_duplicates(layers.iter().flat_map(|(_, objects)| objects), &mut run.faults);
    let layers = layers.into_iter().map(|(layer, objects)| layer.with(objects)).collect();
    let objects = ObjectSet { platform, layers, databases: bundle.databases.clone() };
    run.faults.or(RenderedSet { objects, node_files, used: run.naming.into_used() })
}

fn platform_values(sources: &Sources, platform: Platform, faults: &mut Faults) -> Value {
    let file = platform::values_path(platform);
    let text = faults.keep(sources.text(&file, "the platform"));
    let parsed = text.map(yaml::parse::<serde_json::Map<String, Value>>);
    let parsed =
        parsed.map(|fields| fields.map_err(|fault| RenderError::Yaml { file, rendered: false, fault }));
    Value::Object(parsed.and_then(|fields| faults.keep(fields)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
