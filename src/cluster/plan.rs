//! Says what an install would do, and does none of it: every request here reads, or is a dry run.

use std::time::Duration;

use serde::Serialize;

use super::Cluster;
use super::apply::{Applier, ApplyOptions, Found, Standing};
use super::compare::{FieldChange, lacking};
use super::decide::Decision;
use super::error::ClusterError;
use super::forecast::{Forecast, forecast};
use super::foresee::{Foreseen, foresee};
use super::inventory::Revision;
use super::ledger::Ledger;
use super::object::ObjectId;
use super::order::CONSTRAINT_GROUP;
use super::pace::together;
use super::prepare::{PreparedLayer, PreparedObject, prepare};
use super::recorded::PackedSet;
use crate::rendered::ObjectSet;
use crate::report::Silent;

/// What an install would do to the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Plan {
    /// What is installed now, and whether that was complete; `None` where nothing is.
    pub before: Option<(Revision, bool)>,
    /// The layers, first applied first.
    pub layers: Vec<PlannedLayer>,
    /// What an earlier revision had, and this one has not.
    pub prune: Vec<PlannedRemoval>,
    /// Whether the inventory would be written anew.
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
    /// What would happen to it.
    pub action: Action,
    /// What it would begin to refuse, where it is a constraint.
    pub forecast: Option<Forecast>,
}

/// What would happen to an object that the bundle has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "action")]
pub enum Action {
    /// It is made.
    Create,
    /// It is there, and becomes another.
    Change {
        /// The fields; none where it only becomes known whose they are.
        fields: Vec<FieldChange>,
    },
    /// It stays as it is.
    Keep,
    /// The cluster refuses it, and so the install would fail.
    Refused {
        /// The API server's own words.
        reason: String,
    },
}

/// What would happen to an object that the bundle no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRemoval {
    /// The object.
    pub id: ObjectId,
    /// What would happen to it.
    pub fate: Foreseen,
}

impl Plan {
    /// Tells whether an install would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let stays = |removal: &PlannedRemoval| matches!(removal.fate, Foreseen::Keep { .. });
        !self.records
            && self.prune.iter().all(stays)
            && self.objects().all(|object| object.action == Action::Keep)
    }

    /// Returns the objects of all layers.
    pub fn objects(&self) -> impl Iterator<Item = &PlannedObject> {
        self.layers.iter().flat_map(|layer| &layer.objects)
    }

    /// Returns what the cluster would refuse, and why.
    pub fn refused(&self) -> impl Iterator<Item = (&PlannedObject, &str)> {
        self.objects().filter_map(|object| match &object.action {
            Action::Refused { reason } => Some((object, reason.as_str())),
            _ => None,
        })
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
        plan.prune = foresee(&self.api, &ledger.surplus(&layers), &options.delete_with_contents).await?;
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
        let standings = self.ledger.foresee(layer, &found);
        let objects = layer.objects.iter().zip(found.iter().zip(standings));
        let objects =
            objects.map(|(object, (found, standing))| self.object(object, found.as_ref(), standing));
        let (name, left_out) = (layer.name.to_owned(), layer.left_out.clone());
        Ok(PlannedLayer { name, objects: together(objects).await?, left_out })
    }

    async fn object(
        &self,
        object: &PreparedObject<'_>,
        found: Option<&Found>,
        standing: Standing,
    ) -> Result<PlannedObject, ClusterError> {
        // What is on its way out is waited for, and made again.
        let found = found.filter(|found| !found.deleting);
        let action = match self.applier.decide(object, found, standing).await {
            Ok(Decision::Create) => Action::Create,
            Ok(Decision::Change(fields)) => Action::Change { fields },
            Ok(Decision::Keep) => Action::Keep,
            Err(error) if !error.is_refusal() => return Err(error),
            Err(refusal) => self.refused(object, found, &refusal),
        };
        let forecast = forecast(&object.id, object.value, found.map(|found| &found.live), &action);
        Ok(PlannedObject { id: object.id.clone(), file: object.file.to_owned(), action, forecast })
    }

    /// A dry run is judged by the kind's definition as it is now. Where that comes anew with the bundle, what is written
    /// differs from what is there is all that can be said.
    fn refused(&self, object: &PreparedObject<'_>, found: Option<&Found>, refusal: &ClusterError) -> Action {
        match (found, refusal) {
            (Some(found), ClusterError::Refused { .. }) if self.defines(&object.id) => {
                Action::Change { fields: lacking(&found.live, object.value) }
            }
            _ => Action::Refused { reason: refusal.to_string() },
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
