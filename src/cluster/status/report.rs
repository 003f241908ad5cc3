//! How an installed bundle differs from what was installed, what is not healthy, and what is not enforced.

use crate::cluster::install::constraint::Constraint;
use crate::cluster::objects::compare::FieldChange;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::prove::probe::ProbeReport;
use crate::cluster::record::inventory::{Revision, Stamp};
use crate::rendered::Database;
use crate::spec::Platform;

/// A namespace with this label is exempt from Gatekeeper.
/// See: <https://open-policy-agent.github.io/gatekeeper/website/docs/exempt-namespaces>
pub(super) const IGNORED: &str = "admission.gatekeeper.sh/ignore";

/// The state of an installed bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Status {
    /// The installed revision.
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
    /// Namespaces that are exempt from Gatekeeper, though not by the bundle.
    pub ignored: Vec<String>,
    /// What the probes came to.
    pub probes: ProbeReport,
    /// The databases that came with it.
    pub databases: Vec<Database>,
}

/// The state of a layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerStatus {
    /// Its name.
    pub name: String,
    /// How many objects it has.
    pub objects: usize,
    /// Missing objects.
    pub missing: Vec<ObjectId>,
    /// Objects that drifted: of each field the live value, and the installed one.
    pub differing: Vec<(ObjectId, Vec<FieldChange>)>,
    /// Objects that the cluster refuses to compare, and its message.
    pub refused: Vec<(ObjectId, String)>,
    /// Objects that are not ready, and why.
    pub unready: Vec<(ObjectId, String)>,
}
