//! Reads the state of an installed bundle.
//!
//! No bundle file is needed: the set that was applied is recorded in the cluster. Nothing is changed; probes are dry runs.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::try_join;

use super::report::{IGNORED, LayerStatus, Status};
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::change::apply::Decision;
use crate::cluster::change::options::ApplyOptions;
use crate::cluster::install::constraint::Constraint;
use crate::cluster::install::plan::{Plan, PlannedLayer};
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::text;
use crate::cluster::prove::probe::Patience;
use crate::cluster::record::inventory::Inventory;
use crate::rendered::ObjectSet;
use crate::report::Silent;

impl Cluster {
    /// Returns how the installed bundle is; `None` when nothing is installed.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or what was recorded cannot be read or is not there.
    pub async fn status(&self) -> Result<Option<Status>, ClusterError> {
        let Some(inventory) = self.inventory().await? else { return Ok(None) };
        let Some(set) = self.recorded().await? else { return Err(ClusterError::NotRecorded) };
        // The owner of a field does not matter here, only its value.
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
            platform: set.platform,
            layers,
            constraints,
            ignored,
            probes,
            databases: set.databases,
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
        let asked = inventory.constraints().into_iter().map(|entry| async {
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
        match object.decision {
            Ok(Decision::Create) => status.missing.push(object.id),
            Ok(Decision::Change { fields }) if !fields.is_empty() => {
                status.differing.push((object.id, fields))
            }
            Ok(Decision::Change { .. } | Decision::Keep) => {}
            Err(reason) => status.refused.push((object.id, reason)),
        }
    }
    // A missing object is reported once.
    status.unready = unready.into_iter().filter(|(id, _)| !status.missing.contains(id)).collect();
    status
}
