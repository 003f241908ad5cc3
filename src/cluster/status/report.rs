//! How an installed bundle differs from what was installed, what is not healthy, and what is not enforced.

use crate::cluster::install::constraint::Constraint;
use crate::cluster::objects::compare::FieldChange;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::prove::probe::ProbeReport;
use crate::cluster::record::inventory::{Revision, Stamp};
use crate::render::Database;
use crate::spec::Platform;

/// A namespace with this label is not looked at.
/// See: <https://open-policy-agent.github.io/gatekeeper/website/docs/exempt-namespaces>
pub(super) const IGNORED: &str = "admission.gatekeeper.sh/ignore";

/// How an installed bundle is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Status {
    /// What is installed.
    pub revision: Revision,
    /// When it was last changed, and by whom.
    pub changed: Stamp,
    /// Whether every layer was applied and became ready.
    pub complete: bool,
    /// What a failed upgrade would go back to.
    pub previous: Option<Revision>,
    /// The platform that it was rendered for.
    pub platform: Platform,
    /// The layers, first applied first.
    pub layers: Vec<LayerStatus>,
    /// Gatekeeper's constraints that came with it and are there, by name.
    pub constraints: Vec<Constraint>,
    /// Namespaces that Gatekeeper is told not to look at, though the bundle does not say so.
    pub ignored: Vec<String>,
    /// What the probes came to.
    pub probes: ProbeReport,
    /// The databases that came with it.
    pub databases: Vec<Database>,
}

/// How a layer is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerStatus {
    /// Its name.
    pub name: String,
    /// How many objects it has.
    pub objects: usize,
    /// Objects that are gone.
    pub missing: Vec<ObjectId>,
    /// Objects that are not as they were installed: of each field what it is, and what was installed.
    pub differing: Vec<(ObjectId, Vec<FieldChange>)>,
    /// Objects that the cluster refuses to compare, and its words.
    pub refused: Vec<(ObjectId, String)>,
    /// Objects that are not ready, and why.
    pub unready: Vec<(ObjectId, String)>,
}
