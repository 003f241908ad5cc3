//! One run over all layers: reads, renders, patches and names images, and keeps every fault.

use super::layer::{Layer, UpstreamFile};
use super::sources::{Sources, is_file_name, layer_file};
use super::template::Templates;
use crate::render::error::{Faults, RenderError};
use crate::render::images::addresses::{SiteHosts, refuse_outside};
use crate::render::images::naming::Naming;
use crate::render::images::places;
use crate::render::objects::object::{self, Object};
use crate::render::objects::patch::Patch;
use crate::render::probes::{live, probe};
use crate::render::yaml;
use crate::rendered::{LiveProbe, Probe, RenderedLayer};
use crate::report::printable;

/// One run of [`crate::render::render`], and the faults that it has found.
pub(in crate::render) struct Run<'a> {
    pub(in crate::render) sources: &'a Sources,
    pub(in crate::render) naming: Naming<'a>,
    pub(in crate::render) hosts: SiteHosts,
    pub(in crate::render) templates: Templates,
    pub(in crate::render) faults: Faults,
}

impl Run<'_> {
    /// Renders one layer; its objects are kept apart until it is known that none is made twice.
    pub(in crate::render) fn layer(
        &mut self,
        name: Result<&str, RenderError>,
    ) -> Option<(RenderedLayer, Vec<Object>)> {
        let name = self.faults.keep(name)?;
        let layer = self.faults.keep(Layer::read(self.sources, name))?;
        let before = self.faults.count();
        let mut objects = self.upstream_objects(name, &layer);
        objects.extend(layer.manifests.iter().flat_map(|file| self.own_objects(name, file, false)));
        objects.extend(layer.templates.iter().flat_map(|file| self.own_objects(name, file, true)));
        let complete = self.faults.count() == before;
        self.name(name, &layer, &mut objects);
        if complete {
            self.check_places(name, &layer, &mut objects);
        }
        let probes = layer.probes.iter().flat_map(|file| self.probes(name, file)).collect();
        let live = layer.live_probes.iter().flat_map(|file| self.live_probes(name, file)).collect();
        let rendered = RenderedLayer {
            name: name.to_owned(),
            objects: Vec::new(),
            timeout: layer.timeout(),
            wait_for: layer.wait_for,
            probes,
            live,
            generates: layer.generates,
        };
        Some((rendered, objects))
    }

    fn upstream_objects(&mut self, layer_name: &str, layer: &Layer) -> Vec<Object> {
        let layer_file = layer_file(layer_name);
        let mut all = Vec::new();
        for upstream in &layer.files {
            let path = format!("files/{}", upstream.name);
            let Some(text) = self.faults.keep(self.sources.text(&path, &layer_file)) else { continue };
            let source = format!("{layer_name}/{}", upstream.name);
            let mut objects = object::read(text, &path, false, &source, &mut self.faults);
            if self.patch(layer_name, upstream, &mut objects) {
                all.append(&mut objects);
            }
        }
        all
    }

    /// Patches the objects of a file. Returns whether all of its patches are known: without them the objects would only be
    /// blamed for faults that the patches fix.
    fn patch(&mut self, layer: &str, upstream: &UpstreamFile, objects: &mut [Object]) -> bool {
        let mut known = true;
        for file in &upstream.patches {
            let path = format!("layers/{layer}/{file}");
            let Some(text) = self.rendered(&path, layer) else {
                known = false;
                continue;
            };
            let parsed = yaml::parse::<Option<Vec<Patch>>>(&text);
            let parsed =
                parsed.map_err(|fault| RenderError::Yaml { file: path.clone(), rendered: true, fault });
            for patch in self.faults.keep(parsed).flatten().unwrap_or_default() {
                patch.apply(objects, &path, &upstream.name, &mut self.faults);
            }
        }
        known
    }

    /// Gives everything that is pulled its name, and looks for what would lead out of the site.
    fn name(&mut self, layer_name: &str, layer: &Layer, objects: &mut [Object]) {
        let (file, faults) = (layer_file(layer_name), &mut self.faults);
        objects.iter_mut().for_each(|object| places::name_images(object, &mut self.naming, faults));
        layer.references.iter().for_each(|place| place.name(objects, &mut self.naming, faults));
        layer.carries.iter().for_each(|one| one.check(&file, &mut self.naming, faults));
        for object in objects {
            object.optional = layer.is_optional(object);
            refuse_outside(object, &layer.inert, &self.hosts, faults);
        }
    }

    /// Checks that what the layer says of places still holds; without all of its objects that cannot be known.
    fn check_places(&mut self, layer_name: &str, layer: &Layer, objects: &mut [Object]) {
        let (file, faults) = (layer_file(layer_name), &mut self.faults);
        layer.references.iter().for_each(|place| place.check(objects, &file, faults));
        layer.inert.iter().for_each(|inert| inert.check(objects, &file, faults));
    }

    /// Returns what a template of a layer makes.
    fn rendered(&mut self, path: &str, layer: &str) -> Option<String> {
        let text = self.faults.keep(self.sources.text(path, &layer_file(layer)))?;
        self.faults.keep(self.templates.render(path, text))
    }

    fn own_objects(&mut self, layer: &str, file: &str, is_template: bool) -> Vec<Object> {
        let path = format!("layers/{layer}/{file}");
        let source = format!("{layer}/{file}");
        let Some(text) = self.faults.keep(self.sources.text(&path, &layer_file(layer))) else {
            return Vec::new();
        };
        if !is_template {
            return object::read(text, &path, false, &source, &mut self.faults);
        }
        let rendered = self.faults.keep(self.templates.render(&path, text));
        rendered.map_or(Vec::new(), |text| object::read(&text, &path, true, &source, &mut self.faults))
    }

    fn probes(&mut self, layer: &str, file: &str) -> Vec<Probe> {
        let path = format!("layers/{layer}/{file}");
        let rendered = self.rendered(&path, layer);
        rendered.map_or(Vec::new(), |text| probe::read(&text, &path, &mut self.faults))
    }

    fn live_probes(&mut self, layer: &str, file: &str) -> Vec<LiveProbe> {
        let path = format!("layers/{layer}/{file}");
        let Some(text) = self.rendered(&path, layer) else { return Vec::new() };
        live::read(&text, &path, &mut self.naming, &mut self.faults)
    }

    /// Renders the files for the nodes.
    pub(in crate::render) fn node_files(&mut self, folder: &str) -> Vec<(String, String)> {
        let sources = self.sources;
        sources.below(folder).filter_map(|path| self.node_file(path, path.strip_prefix(folder)?)).collect()
    }

    /// Renders one; a file that says nothing on this site is left out.
    fn node_file(&mut self, path: &str, name: &str) -> Option<(String, String)> {
        if !is_file_name(name) {
            let found = printable(name, 80);
            self.faults.push(RenderError::FileName { file: path.to_owned(), found });
            return None;
        }
        let text = self.faults.keep(self.sources.text(path, path))?;
        let content = self.faults.keep(self.templates.render(path, text))?;
        let says_something = if is_yaml(name) {
            let parsed = yaml::parse_stream(&content);
            let parsed =
                parsed.map_err(|fault| RenderError::Yaml { file: path.to_owned(), rendered: true, fault });
            !self.faults.keep(parsed)?.is_empty()
        } else {
            !content.trim().is_empty()
        };
        says_something.then(|| (name.to_owned(), content))
    }
}

/// Tells whether a node file is YAML; any other is a text: a script, a certificate, a page to read.
fn is_yaml(name: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}

impl RenderedLayer {
    /// Returns the layer with its objects.
    pub(in crate::render) fn with(self, objects: Vec<Object>) -> Self {
        Self { objects: objects.into_iter().map(Object::into_rendered).collect(), ..self }
    }
}
