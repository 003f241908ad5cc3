//! Says what would happen to objects that are taken away, and takes none away.

use serde::Serialize;
use serde_json::Value;

use super::api::Api;
use super::apply::Found;
use super::error::ClusterError;
use super::guests::Leaving;
use super::inventory::{Entry, InventoryLayer};
use super::object::ObjectId;
use super::pace::together;
use super::plan::PlannedRemoval;
use super::remove::{Claim, WithContents, claim, free_holder, generated};

/// What would happen to an object that is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "action")]
pub enum Foreseen {
    /// It is deleted.
    Delete,
    /// It was there before: our fields on it are given up.
    Release,
    /// It stays.
    Keep {
        /// Why.
        reason: String,
    },
    /// It is gone already.
    Forget,
}

/// Returns what would happen to the objects of layers, in the order in which they would go.
pub(super) async fn foresee(
    api: &Api,
    layers: &[InventoryLayer],
    asked: &WithContents,
) -> Result<Vec<PlannedRemoval>, ClusterError> {
    let objects: Vec<ObjectId> =
        layers.iter().flat_map(|layer| &layer.objects).map(|entry| entry.id.clone()).collect();
    let generated = generated(layers);
    let seer = Seer { api, leaving: Leaving { objects: &objects, generated: &generated }, asked };
    let mut removals = Vec::new();
    for layer in layers.iter().rev() {
        let mut entries: Vec<&Entry> = layer.objects.iter().collect();
        entries.sort_by_key(|entry| entry.rank().removal());
        removals.extend(together(entries.into_iter().map(|entry| seer.one(entry))).await?);
    }
    Ok(removals)
}

struct Seer<'a> {
    api: &'a Api,
    leaving: Leaving<'a>,
    asked: &'a WithContents,
}

impl Seer<'_> {
    async fn one(&self, entry: &Entry) -> Result<PlannedRemoval, ClusterError> {
        let fate = match self.api.get(&entry.id.path()).await? {
            None => Foreseen::Forget,
            Some(object) => self.fate(entry, &object).await?,
        };
        Ok(PlannedRemoval { id: entry.id.clone(), fate })
    }

    async fn fate(&self, entry: &Entry, object: &Value) -> Result<Foreseen, ClusterError> {
        let found = Found::of(object);
        Ok(match claim(entry, &found) {
            Claim::Others(reason) => Foreseen::Keep { reason },
            Claim::Shared if found.ours => Foreseen::Release,
            Claim::Shared => Foreseen::Forget,
            Claim::Ours if self.asked.names(&entry.id) => Foreseen::Delete,
            Claim::Ours => match free_holder(self.api, entry, object, self.leaving).await? {
                Some(reason) => Foreseen::Keep { reason },
                None => Foreseen::Delete,
            },
        })
    }
}
