//! What rendering hands over: the layers of one site, ready to be applied, recorded and probed.
//!
//! This is the contract between `render`, which makes it, and `cluster`, which applies it.

mod generated;
mod live;
mod probe;

pub use generated::Generated;
pub use live::{LiveEnd, LiveExpectation, LiveProbe};
pub use probe::{Expectation, Probe};

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reference::ImageRef;
use crate::spec::Platform;

/// Everything that was rendered for one site: the objects for the cluster, and what does not go into the cluster.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct RenderedSet {
    /// The objects that are applied.
    pub objects: ObjectSet,
    /// Files for the nodes: path below `nodes/`, and content.
    pub node_files: Vec<(String, String)>,
    /// The images and artifacts of the bundle that the layers use.
    pub used: BTreeSet<ImageRef>,
}

/// The objects of one site: what is applied, recorded in the cluster, and probed.
///
/// Its JSON is the record that a rollback reads back; its digest names the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct ObjectSet {
    /// The platform that it was rendered for.
    pub platform: Platform,
    /// The layers, first applied first.
    pub layers: Vec<RenderedLayer>,
    /// The databases that the bundle carries for scanners.
    #[serde(default)]
    pub databases: Vec<Database>,
}

/// A vulnerability database: a scanner finds only what the database lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Its reference: `ghcr.io/aquasecurity/trivy-db:2`.
    pub reference: String,
    /// When it was made, in RFC 3339; empty if its manifest has no date.
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
    /// The conditions that must hold before the next layer starts.
    pub wait_for: Vec<Condition>,
    /// How long to wait for them.
    #[serde(with = "milliseconds", rename = "timeoutMilliseconds")]
    pub timeout: Duration,
    /// Requests that show whether the layer works.
    pub probes: Vec<Probe>,
    /// Connections that show whether the layer works; trying them creates pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub live: Vec<LiveProbe>,
    /// Objects that the layer's own programs create.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generates: Vec<Generated>,
}

/// One object and its source file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderedObject {
    /// The file that it was made from: `10-gatekeeper/gatekeeper.yaml`.
    pub source: String,
    /// The object to apply.
    pub value: Value,
    /// Whether it is skipped if the cluster does not know its kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// A condition to wait for, of every object of the layer that it applies to.
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
    /// Every ready pod of Gatekeeper reports that it enforces the current version of every constraint, and one of them answers the webhook.
    ConstraintsEnforced,
    /// Every webhook configuration has a `caBundle` in each of its webhooks.
    WebhookCertificates,
    /// The service of every webhook has an endpoint that is ready.
    WebhookEndpoints,
}

impl Condition {
    /// Every condition, for objects whose layer is not known.
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

/// A duration as a whole number of milliseconds.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
