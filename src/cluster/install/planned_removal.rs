//! Plans the removal of objects, and removes none.

use serde_json::Value;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::change::fate::{Fate, Judgement, holder, judge};
use crate::cluster::change::foreign::Outgoing;
use crate::cluster::change::found::Found;
use crate::cluster::change::options::WithContents;
use crate::cluster::change::remove::generated;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::record::inventory::{Entry, InventoryLayer};

/// What would happen to an object that the bundle no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRemoval {
    /// The object.
    pub id: ObjectId,
    /// What would happen to it.
    pub fate: Fate,
}

/// Returns what would happen to the objects of layers, in the order in which they would go.
pub(in crate::cluster) async fn plan_removal(
    api: &Api,
    layers: &[InventoryLayer],
    asked: &WithContents,
) -> Result<Vec<PlannedRemoval>, ClusterError> {
    let objects: Vec<ObjectId> =
        layers.iter().flat_map(|layer| &layer.objects).map(|entry| entry.id.clone()).collect();
    let generated = generated(layers);
    let planner =
        RemovalPlanner { api, outgoing: Outgoing { objects: &objects, generated: &generated }, asked };
    let mut removals = Vec::new();
    for layer in layers.iter().rev() {
        let mut entries: Vec<&Entry> = layer.objects.iter().collect();
        entries.sort_by_key(|entry| entry.rank().removal());
        removals.extend(together(entries.into_iter().map(|entry| planner.one(entry))).await?);
    }
    Ok(removals)
}

struct RemovalPlanner<'a> {
    api: &'a Api,
    outgoing: Outgoing<'a>,
    asked: &'a WithContents,
}

impl RemovalPlanner<'_> {
    async fn one(&self, entry: &Entry) -> Result<PlannedRemoval, ClusterError> {
        let fate = match self.api.get(&entry.id.path()).await? {
            None => Fate::Forget,
            Some(object) => self.fate(entry, &object).await?,
        };
        Ok(PlannedRemoval { id: entry.id.clone(), fate })
    }

    async fn fate(&self, entry: &Entry, object: &Value) -> Result<Fate, ClusterError> {
        Ok(match judge(entry, Some(&Found::of(object)), self.asked) {
            Judgement::Settled(fate) => fate,
            Judgement::UnlessHeld => Fate::unless_held(holder(self.api, entry, object, self.outgoing).await?),
        })
    }
}
