//! `layer.yaml`: what a layer is made of, what is waited for, and what shows that it works.

use std::time::Duration;

use serde::Deserialize;

use super::sources::{Sources, is_file_name, layer_file};
use crate::render::error::RenderError;
use crate::render::images::addresses::Inert;
use crate::render::images::references::{Carries, ReferencePlace};
use crate::render::objects::object::Object;
use crate::render::yaml::parse;
use crate::rendered::{Condition, Generated};
use crate::report::printable;

/// A layer as its `layer.yaml` describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct Layer {
    /// Always `bundle/v1alpha1`.
    #[serde(rename = "apiVersion")]
    _api_version: ApiVersion,
    /// Always `Layer`.
    #[serde(rename = "kind")]
    _kind: Kind,
    /// Upstream's files, carried below `files/`, and what is changed in them.
    #[serde(default)]
    pub(in crate::render) files: Vec<UpstreamFile>,
    /// Files of the layer that are used unchanged.
    #[serde(default)]
    pub(in crate::render) manifests: Vec<String>,
    /// Files of the layer that are rendered first.
    #[serde(default)]
    pub(in crate::render) templates: Vec<String>,
    /// What must be true before the next layer starts.
    #[serde(default)]
    pub(in crate::render) wait_for: Vec<Condition>,
    /// How long that may take, in seconds.
    #[serde(default = "five_minutes")]
    timeout_seconds: u32,
    /// Files of the layer that render to lists of probes.
    #[serde(default)]
    pub(in crate::render) probes: Vec<String>,
    /// Files of the layer that render to lists of live probes.
    #[serde(default)]
    pub(in crate::render) live_probes: Vec<String>,
    /// Where references to images and artifacts are, besides pod specifications.
    #[serde(default)]
    pub(in crate::render) references: Vec<ReferencePlace>,
    /// Images and artifacts that the bundle must carry though no object names them.
    #[serde(default)]
    pub(in crate::render) carries: Vec<Carries>,
    /// Texts that may speak of addresses outside the site, as nothing opens them.
    #[serde(default)]
    pub(in crate::render) inert: Vec<Inert>,
    /// Kinds (`group/Kind`) whose objects are skipped if the cluster does not know the kind.
    #[serde(default)]
    pub(in crate::render) optional_kinds: Vec<String>,
    /// What the layer's programs make by themselves: it goes when the layer goes.
    #[serde(default)]
    pub(in crate::render) generates: Vec<Generated>,
}

/// A file that upstream published.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct UpstreamFile {
    /// Its name below `files/`.
    pub(in crate::render) name: String,
    /// Files of the layer that render to lists of changes in it.
    #[serde(default)]
    pub(in crate::render) patches: Vec<String>,
}

#[derive(Debug, Deserialize)]
enum ApiVersion {
    #[serde(rename = "bundle/v1alpha1")]
    V1Alpha1,
}

#[derive(Debug, Deserialize)]
enum Kind {
    Layer,
}

fn five_minutes() -> u32 {
    300
}

impl Layer {
    /// Reads the description of a layer.
    ///
    /// # Errors
    ///
    /// An unknown field, a wrong type, a name that cannot be a file's.
    pub(in crate::render) fn read(sources: &Sources, layer: &str) -> Result<Self, RenderError> {
        let file = layer_file(layer);
        let text = sources.text(&file, "layers")?;
        let parsed: Self =
            parse(text).map_err(|fault| RenderError::Yaml { file: file.clone(), rendered: false, fault })?;
        let wrong = parsed.file_names().find(|name| !is_file_name(name)).map(|name| printable(name, 80));
        wrong.map_or(Ok(parsed), |found| Err(RenderError::FileName { file, found }))
    }

    /// Returns how long the layer may take to become what is waited for.
    pub(in crate::render) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }

    /// Tells whether an object is skipped if the cluster does not know its kind.
    pub(in crate::render) fn is_optional(&self, object: &Object) -> bool {
        let kind = format!("{}/{}", object.group(), object.kind());
        self.optional_kinds.contains(&kind)
    }

    fn file_names(&self) -> impl Iterator<Item = &str> {
        let own = self.manifests.iter().chain(&self.templates).chain(&self.probes).chain(&self.live_probes);
        let patches = self.files.iter().flat_map(|file| &file.patches);
        self.files.iter().map(|file| &file.name).chain(patches).chain(own).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let text = format!("apiVersion: bundle/v1alpha1\nkind: Layer\n{text}");
        let sources = Sources::new([(layer_file("10-x"), text.into_bytes())].into());
        Layer::read(&sources, "10-x").unwrap_err().to_string()
    }

    #[test]
    fn faults_name_file_line_and_column() {
        insta::assert_snapshot!(
            [
                fault("template: [a.yaml]\n"),
                fault("files: [{name: a.yaml, patch: []}]\n"),
                fault("timeoutSeconds: soon\n"),
                fault("waitFor: [rolloutComplete]\n"),
                fault("templates: [../../etc/passwd]\n"),
                fault("references: [{target: {kind: Pod}, path: /a, pulledBy: us}]\n"),
                fault("inert: [{target: {kind: Pod}, path: a, reason: r}]\n"),
            ]
            .join("\n")
        );
    }
}
