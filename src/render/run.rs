//! One run over all layers: reads, renders, patches and names images, and keeps every fault.

use super::error::{Faults, RenderError};
use super::images::ImageMap;
use super::layer::Layer;
use super::object::{self, Object};
use super::sources::{Sources, is_file_name, layer_file};
use super::template::Templates;
use super::{Probe, RenderedLayer, places, probe, yaml};

/// One run of [`super::render`], and the faults that it has found.
pub(super) struct Run<'a> {
    pub(super) sources: &'a Sources,
    pub(super) images: &'a ImageMap,
    pub(super) templates: Templates,
    pub(super) faults: Faults,
}

impl Run<'_> {
    /// Renders one layer; its objects are kept apart until it is known that none is made twice.
    pub(super) fn layer(&mut self, name: Result<&str, RenderError>) -> Option<(RenderedLayer, Vec<Object>)> {
        let name = self.faults.keep(name)?;
        let layer = self.faults.keep(Layer::read(self.sources, name))?;
        let mut objects = self.upstream_objects(name, &layer);
        objects.extend(layer.manifests.iter().flat_map(|file| self.own_objects(name, file, false)));
        objects.extend(layer.templates.iter().flat_map(|file| self.own_objects(name, file, true)));
        objects.iter_mut().for_each(|object| places::name_images(object, self.images, &mut self.faults));
        let probes = layer.probes.iter().flat_map(|file| self.probes(name, file)).collect();
        let rendered = RenderedLayer {
            name: name.to_owned(),
            objects: Vec::new(),
            timeout: layer.timeout(),
            wait_for: layer.wait_for,
            probes,
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
            for patch in &upstream.patches {
                patch.apply(&mut objects, &layer_file, &upstream.name, &mut self.faults);
            }
            all.append(&mut objects);
        }
        all
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
        let text = self.faults.keep(self.sources.text(&path, &layer_file(layer)));
        let rendered = text.and_then(|text| self.faults.keep(self.templates.render(&path, text)));
        rendered.map_or(Vec::new(), |text| probe::read(&text, &path, &mut self.faults))
    }

    /// Renders the files for the nodes.
    pub(super) fn node_files(&mut self, folder: &str) -> Vec<(String, String)> {
        let sources = self.sources;
        sources.below(folder).filter_map(|path| self.node_file(path, path.strip_prefix(folder)?)).collect()
    }

    /// Renders one; a file that says nothing on this site is left out.
    fn node_file(&mut self, path: &str, name: &str) -> Option<(String, String)> {
        if !is_file_name(name) {
            let found = yaml::printable(name, 80);
            self.faults.push(RenderError::FileName { file: path.to_owned(), found });
            return None;
        }
        let text = self.faults.keep(self.sources.text(path, path))?;
        let content = self.faults.keep(self.templates.render(path, text))?;
        let parsed = yaml::parse_stream(&content);
        let parsed =
            parsed.map_err(|fault| RenderError::Yaml { file: path.to_owned(), rendered: true, fault });
        let documents = self.faults.keep(parsed)?;
        (!documents.is_empty()).then(|| (name.to_owned(), content))
    }
}

impl RenderedLayer {
    /// Returns the layer with its objects.
    pub(super) fn with(self, objects: Vec<Object>) -> Self {
        Self { objects: objects.into_iter().map(Object::into_rendered).collect(), ..self }
    }
}
