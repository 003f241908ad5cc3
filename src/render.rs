//! Turns the manifest layers of a bundle, a site and a platform into the objects to apply.
//!
//! Everything here is pure: same input, same objects, same order. Upstream's files are never edited: they are patched by
//! selector, and a patch that finds nothing is an error. Every fault of every layer is reported in one go.

mod addresses;
mod artifact;
mod connections;
mod context;
#[cfg(test)]
mod documented;
mod endpoint;
mod error;
mod functions;
mod generated;
mod gitops;
mod images;
mod layer;
mod live;
mod milliseconds;
mod naming;
mod object;
mod output;
mod patch;
mod places;
mod pointer;
mod probe;
mod proof;
mod references;
mod run;
mod sources;
mod template;
mod yaml;

pub use artifact::{Artifact, Label};
pub use error::{RenderError, RenderErrors};
pub use generated::Generated;
pub use gitops::GitopsSource;
pub use images::{Carried, ImageMap, UnresolvedImage};
pub use proof::Proof;
pub use sources::{Sources, is_layer_name};
pub use yaml::YamlFault;
pub(crate) use yaml::printable;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::platform::{self, NodeRegistry};
use crate::reference::ImageRef;
use crate::spec::{Component, Platform, Site, Spec};
use addresses::SiteHosts;
use context::Seen;
use error::Faults;
use naming::Naming;
use run::Run;
use template::Templates;

/// Everything that `render` made for one site: layers in the order in which they are applied.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct RenderedSet {
    /// The layers, first applied first.
    pub layers: Vec<RenderedLayer>,
    /// Files for the nodes: path below `nodes/`, and content.
    pub node_files: Vec<(String, String)>,
    /// The platform that it is for.
    pub platform: Platform,
    /// What of the bundle is referred to.
    pub used: BTreeSet<ImageRef>,
    /// The databases of the bundle; rendering itself knows of none.
    pub databases: Vec<Database>,
}

/// A database that scanners read: what it does not know yet, they do not find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Its reference: `ghcr.io/aquasecurity/trivy-db:2`.
    pub reference: String,
    /// When it was made, in RFC 3339; empty where it does not say.
    pub created: String,
}

/// One layer, rendered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenderedLayer {
    /// The folder's name: `10-gatekeeper`.
    pub name: String,
    /// Its objects, in the order of their files.
    pub objects: Vec<RenderedObject>,
    /// What must be true before the next layer starts.
    pub wait_for: Vec<Condition>,
    /// How long that may take.
    #[serde(with = "milliseconds", rename = "timeoutMilliseconds")]
    pub timeout: Duration,
    /// The requests that show that the layer works.
    pub probes: Vec<Probe>,
    /// The connections that show that it works; trying them makes pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub live: Vec<LiveProbe>,
    /// What its programs make by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generates: Vec<Generated>,
}

/// One object, and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderedObject {
    /// The file that it was made from: `10-gatekeeper/gatekeeper.yaml`.
    pub source: String,
    /// The object as it is applied.
    pub value: Value,
    /// Whether it is left out where the cluster does not know its kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// Something that is waited for, of every object of the layer that it applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    /// Every CustomResourceDefinition has the condition `Established`.
    CrdsEstablished,
    /// Every Deployment, DaemonSet and StatefulSet has rolled out.
    RolloutsComplete,
    /// Every Job has done its work. One that has failed ends the wait at once.
    JobsComplete,
    /// Every ConstraintTemplate has `status.created` and no error.
    TemplatesCreated,
    /// Every ready pod of Gatekeeper says that it enforces every constraint as it is now, and one of them answers the webhook.
    ConstraintsEnforced,
    /// Every webhook configuration has a `caBundle` in each of its webhooks.
    WebhookCertificates,
    /// The service of every webhook has an endpoint that is ready.
    WebhookEndpoints,
}

impl Condition {
    /// Every condition: what can be asked of objects whose layer is not at hand.
    pub const ALL: [Self; 7] = [
        Self::CrdsEstablished,
        Self::RolloutsComplete,
        Self::JobsComplete,
        Self::TemplatesCreated,
        Self::ConstraintsEnforced,
        Self::WebhookCertificates,
        Self::WebhookEndpoints,
    ];
}

/// A request that a working layer must answer in a known way, sent as a server-side dry run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// A short name: `latest-tag-is-refused`.
    pub name: String,
    /// The object that is created (as a dry run).
    pub object: Value,
    /// How the API server must answer.
    pub expect: Expectation,
}

/// How a probe must be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expectation {
    /// Refused, and the API server's message contains every one of the words.
    Refused {
        /// Parts of the message: who refuses (`validation.gatekeeper.sh`), and why.
        words: Vec<String>,
    },
    /// Admitted, with a warning header that contains every one of the words.
    Warned {
        /// Parts of one warning.
        words: Vec<String>,
    },
    /// Admitted.
    Admitted,
}

/// A connection over TCP between two short-lived pods, which a working layer lets pass, or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveProbe {
    /// A short name: `web-to-cache-is-open`.
    pub name: String,
    /// The image of both pods, as nodes pull it; it has `sh` and BusyBox' `nc`.
    pub image: String,
    /// Who begins to talk.
    pub from: LiveEnd,
    /// Who listens.
    pub to: LiveEnd,
    /// The port that is listened on.
    pub port: u16,
    /// How it must end.
    pub expect: LiveExpectation,
}

/// A pod at one end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveEnd {
    /// Its namespace.
    pub namespace: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// How a connection must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LiveExpectation {
    /// It is made.
    Open,
    /// It is refused, or nobody answers.
    Closed,
}

/// What templates see as `bundle`, and as `components`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundleName {
    /// Its name: `homelab-security`.
    pub name: String,
    /// Its version: `2026.11.0`.
    pub version: String,
    /// The version of each component that has one.
    #[serde(skip)]
    pub components: BTreeMap<String, String>,
}

impl BundleName {
    /// Takes them from the spec.
    #[must_use]
    pub fn of(spec: &Spec) -> Self {
        let versioned = |one: &Component| Some((one.name.clone(), one.version.clone()?));
        let components = spec.components.iter().filter_map(versioned).collect();
        Self { name: spec.name.clone(), version: spec.version.clone(), components }
    }
}

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
    bundle: &BundleName,
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
    run.faults.or(RenderedSet {
        layers,
        node_files,
        platform,
        used: run.naming.into_used(),
        databases: Vec::new(),
    })
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
