//! Says how an installed bundle is: what differs from what was installed, what is not healthy, what is not enforced.
//!
//! No bundle file is needed: the set that was applied is recorded in the cluster. Nothing is changed; probes are dry runs.

mod reasons;

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::try_join;

use super::Cluster;
use super::apply::ApplyOptions;
use super::compare::FieldChange;
use super::constraint::Constraint;
use super::enforce::constraints;
use super::error::ClusterError;
use super::inventory::{Inventory, Revision, Stamp};
use super::object::{ObjectId, text};
use super::pace::together;
use super::plan::{Action, Plan, PlannedLayer};
use super::probe::{Patience, ProbeReport};
use crate::rendered::{Database, ObjectSet};
use crate::report::Silent;
use crate::spec::Platform;

/// A namespace with this label is not looked at.
/// See: <https://open-policy-agent.github.io/gatekeeper/website/docs/exempt-namespaces>
const IGNORED: &str = "admission.gatekeeper.sh/ignore";

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

impl Cluster {
    /// Returns how the installed bundle is; `None` when nothing is installed.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or what was recorded cannot be read or is not there.
    pub async fn status(&self) -> Result<Option<Status>, ClusterError> {
        let Some(inventory) = self.inventory().await? else { return Ok(None) };
        let Some(set) = self.recorded().await? else { return Err(ClusterError::NotRecorded) };
        let (platform, databases) = (set.platform, set.databases.clone());
        // Whose a field is does not matter here, only what it says.
        let options = ApplyOptions { force_conflicts: true, ..ApplyOptions::default() };
        let (plan, unready, constraints, ignored, probes) = try_join!(
            self.plan(&set, &inventory.revision, &options),
            self.unready(&set, &inventory),
            self.live_constraints(&inventory),
            self.ignored(&set),
            self.probe(&set, Patience::Once, &Silent),
        )?;
        let Inventory { revision, changed, complete, previous, .. } = inventory;
        let previous = previous.map(|previous| previous.revision);
        let layers = layers(plan, unready);
        Ok(Some(Status {
            revision,
            changed,
            complete,
            previous,
            platform,
            layers,
            constraints,
            ignored,
            probes,
            databases,
        }))
    }

    /// Returns what is not ready in each layer.
    async fn unready(
        &self,
        set: &ObjectSet,
        inventory: &Inventory,
    ) -> Result<Vec<Vec<(ObjectId, String)>>, ClusterError> {
        let mut all = Vec::with_capacity(set.layers.len());
        for layer in &set.layers {
            let known = inventory.layers.iter().filter(|known| known.name == layer.name);
            let ids: Vec<_> = known.flat_map(|known| &known.objects).map(|entry| entry.id.clone()).collect();
            all.push(self.health(&layer.wait_for, &ids).await?);
        }
        Ok(all)
    }

    async fn live_constraints(&self, inventory: &Inventory) -> Result<Vec<Constraint>, ClusterError> {
        let asked = constraints(inventory).into_iter().map(|entry| async {
            let object = self.api.get(&entry.id.path()).await?;
            Ok::<_, ClusterError>(object.map(|object| Constraint::of(&entry.id, &object)))
        });
        let found: Vec<Option<Constraint>> = together(asked).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn ignored(&self, set: &ObjectSet) -> Result<Vec<String>, ClusterError> {
        let objects: Vec<&Value> =
            set.layers.iter().flat_map(|layer| &layer.objects).map(|object| &object.value).collect();
        if !objects.iter().any(|object| text(object, "/kind") == "ConstraintTemplate") {
            return Ok(Vec::new());
        }
        let said = |object: &&&Value| text(object, "/kind") == "Namespace" && is_ignored(object);
        let known: BTreeSet<&str> =
            objects.iter().filter(said).map(|object| text(object, "/metadata/name")).collect();
        let mut ignored = Vec::new();
        let collect = |namespace: &Value| {
            let name = text(namespace, "/metadata/name");
            ignored.extend((is_ignored(namespace) && !known.contains(name)).then(|| name.to_owned()));
            None::<()>
        };
        self.api.find_selected("/api/v1/namespaces", (IGNORED, ""), collect).await?;
        Ok(ignored)
    }
}

fn is_ignored(namespace: &Value) -> bool {
    namespace["metadata"]["labels"].get(IGNORED).is_some()
}

fn layers(plan: Plan, unready: Vec<Vec<(ObjectId, String)>>) -> Vec<LayerStatus> {
    plan.layers.into_iter().zip(unready).map(|(layer, unready)| of_layer(layer, unready)).collect()
}

fn of_layer(layer: PlannedLayer, unready: Vec<(ObjectId, String)>) -> LayerStatus {
    let mut status = LayerStatus { name: layer.name, objects: layer.objects.len(), ..Default::default() };
    for object in layer.objects {
        match object.action {
            Action::Create => status.missing.push(object.id),
            Action::Change { fields } if !fields.is_empty() => status.differing.push((object.id, fields)),
            Action::Refused { reason } => status.refused.push((object.id, reason)),
            Action::Change { .. } | Action::Keep => {}
        }
    }
    // What is gone is said once.
    status.unready = unready.into_iter().filter(|(id, _)| !status.missing.contains(id)).collect();
    status
}
