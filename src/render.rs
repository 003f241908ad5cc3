//! Turns the manifest layers of a bundle, a site and a platform into the objects to apply.
//!
//! Everything here is pure: same input, same objects, same order.

use std::time::Duration;

use serde_json::Value;

/// Everything that `render` made for one site: layers in the order in which they are applied.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct RenderedSet {
    /// The layers, first applied first.
    pub layers: Vec<RenderedLayer>,
    /// Files for the nodes: path below `nodes/`, and content.
    pub node_files: Vec<(String, String)>,
}

/// One layer, rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedLayer {
    /// The folder's name: `10-gatekeeper`.
    pub name: String,
    /// Its objects, in the order of their files.
    pub objects: Vec<RenderedObject>,
    /// What must be true before the next layer starts.
    pub wait_for: Vec<Condition>,
    /// How long that may take.
    pub timeout: Duration,
    /// The requests that show that the layer works.
    pub probes: Vec<Probe>,
}

/// One object, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedObject {
    /// The file that it was made from: `10-gatekeeper/gatekeeper.yaml`.
    pub source: String,
    /// The object as it is applied.
    pub value: Value,
}

/// Something that is waited for, of every object of the layer that it applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Every CustomResourceDefinition has the condition `Established`.
    CrdsEstablished,
    /// Every Deployment, DaemonSet and StatefulSet has rolled out.
    RolloutsComplete,
    /// Every ConstraintTemplate has `status.created` and no error.
    TemplatesCreated,
    /// Every webhook configuration has a `caBundle` in each of its webhooks.
    WebhookCertificates,
}

/// A request that a working layer must answer in a known way, sent as a server-side dry run.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// A short name: `latest-tag-is-refused`.
    pub name: String,
    /// The object that is created (as a dry run).
    pub object: Value,
    /// How the API server must answer.
    pub expect: Expectation,
}

/// How a probe must be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
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
