//! Plans an install without changing anything: every request here reads, or is a dry run.

use std::time::Duration;

use super::forecast::{Forecast, forecast};
use super::ledger::Ledger;
use super::planned_removal::{PlannedRemoval, plan_removal};
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::change::apply::{Applier, Decision, Ownership};
use crate::cluster::change::fate::Fate;
use crate::cluster::change::found::Found;
use crate::cluster::change::options::ApplyOptions;
use crate::cluster::change::prepare::{PreparedLayer, PreparedObject, prepare};
use crate::cluster::objects::compare::lacking;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::rank::CONSTRAINT_GROUP;
use crate::cluster::record::inventory::Revision;
use crate::cluster::record::rendered_set::PackedSet;
use crate::rendered::ObjectSet;
use crate::report::Silent;

/// What an install would do to the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Plan {
    /// The installed revision, and whether it is complete; `None` if nothing is installed.
    pub before: Option<(Revision, bool)>,
    /// The layers, first applied first.
    pub layers: Vec<PlannedLayer>,
    /// The objects that only an earlier revision has.
    pub prune: Vec<PlannedRemoval>,
    /// Whether the inventory would change.
    pub records: bool,
}

/// What would happen to a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedLayer {
    /// The layer's name.
    pub name: String,
    /// Its objects, in the order in which they are applied.
    pub objects: Vec<PlannedObject>,
    /// Optional objects that are left out, as the cluster does not know their kind.
    pub left_out: Vec<String>,
}

/// What would happen to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedObject {
    /// The object.
    pub id: ObjectId,
    /// The file that it is made from.
    pub file: String,
    /// What would happen to it; or why the cluster refuses it, so that the install would fail.
    pub decision: Result<Decision, String>,
    /// The running objects that it would reject, if it is a newly enforced constraint.
    pub forecast: Option<Forecast>,
}

impl Plan {
    /// Tells whether an install would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let stays = |removal: &PlannedRemoval| matches!(removal.fate, Fate::Keep { .. });
        !self.records
            && self.prune.iter().all(stays)
            && self.objects().all(|object| object.decision == Ok(Decision::Keep))
    }

    /// Returns the objects of all layers.
    pub fn objects(&self) -> impl Iterator<Item = &PlannedObject> {
        self.layers.iter().flat_map(|layer| &layer.objects)
    }

    /// Returns what the cluster would refuse, and why.
    pub fn refused(&self) -> impl Iterator<Item = (&PlannedObject, &str)> {
        self.objects()
            .filter_map(|object| object.decision.as_ref().err().map(|reason| (object, reason.as_str())))
    }
}

impl Cluster {
    /// Returns what [`Cluster::install`] would do.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or an object is faulty or of an unknown kind. An object that the cluster
    /// refuses is no error: it is in the plan.
    pub async fn plan(
        &self,
        set: &ObjectSet,
        revision: &Revision,
        options: &ApplyOptions,
    ) -> Result<Plan, ClusterError> {
        let layers = prepare(&self.api, set).await?;
        let packed = PackedSet::of(set)?;
        let ledger = Ledger::open(&self.api, revision, &packed, &layers).await?;
        let applier =
            Applier { api: &self.api, options, patience: Duration::ZERO, lease: None, reporter: &Silent };
        let planner = Planner { applier, ledger: &ledger, set: &layers };
        let mut plan = Plan {
            before: ledger.before().map(|(revision, complete)| (revision.clone(), complete)),
            ..Plan::default()
        };
        for layer in &layers {
            plan.layers.push(planner.layer(layer).await?);
        }
        plan.prune = plan_removal(&self.api, &ledger.surplus(&layers), &options.delete_with_contents).await?;
        plan.records = !ledger.is_current();
        Ok(plan)
    }
}

struct Planner<'a> {
    applier: Applier<'a>,
    ledger: &'a Ledger<'a>,
    set: &'a [PreparedLayer<'a>],
}

impl Planner<'_> {
    async fn layer(&self, layer: &PreparedLayer<'_>) -> Result<PlannedLayer, ClusterError> {
        let found = self.applier.look_up(&layer.objects).await?;
        let ownerships = self.ledger.ownerships(layer, &found);
        let objects = layer.objects.iter().zip(found.iter().zip(ownerships));
        let objects =
            objects.map(|(object, (found, ownership))| self.object(object, found.as_ref(), ownership));
        let (name, left_out) = (layer.name.to_owned(), layer.left_out.clone());
        Ok(PlannedLayer { name, objects: together(objects).await?, left_out })
    }

    async fn object(
        &self,
        object: &PreparedObject<'_>,
        found: Option<&Found>,
        ownership: Ownership,
    ) -> Result<PlannedObject, ClusterError> {
        // An object that is being deleted is waited for, then created again.
        let found = found.filter(|found| !found.deleting);
        let decision = match self.applier.decide(object, found, ownership).await {
            Ok(decision) => Ok(decision),
            Err(error) if !error.is_refusal() => return Err(error),
            Err(refusal) => self.refused(object, found, &refusal),
        };
        let live = found.map(|found| &found.live);
        let forecast = forecast(&object.id, object.value, live, decision.as_ref().ok());
        Ok(PlannedObject { id: object.id.clone(), file: object.file.to_owned(), decision, forecast })
    }

    /// A dry run is judged by the live definition of the kind. If the bundle replaces that definition, all we can report is
    /// how the object differs from the live one.
    fn refused(
        &self,
        object: &PreparedObject<'_>,
        found: Option<&Found>,
        refusal: &ClusterError,
    ) -> Result<Decision, String> {
        match (found, refusal) {
            (Some(found), ClusterError::Refused { .. }) if self.defines(&object.id) => {
                Ok(Decision::Change { fields: lacking(&found.live, object.value) })
            }
            _ => Err(refusal.to_string()),
        }
    }

    /// Tells whether the set itself brings the definition of an object's kind.
    fn defines(&self, id: &ObjectId) -> bool {
        let definition = format!("{}.{}", id.resource, id.group());
        self.set.iter().flat_map(|layer| &layer.objects).any(|other| match other.id.kind.as_str() {
            "CustomResourceDefinition" => other.id.name == definition,
            "ConstraintTemplate" => id.group() == CONSTRAINT_GROUP && other.id.name == id.resource,
            _ => false,
        })
    }
}
