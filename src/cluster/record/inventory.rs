//! The record of the applied objects, kept in the cluster itself. `uninstall` needs nothing else.
//!
//! An object is recorded before it is applied, so that everything an interrupted install left can be removed.
//! `created` means that this tool created the object: only such objects are ever deleted.

use serde::{Deserialize, Serialize};

use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::rank::{CONSTRAINT_GROUP, Rank};
use crate::rendered::Generated;

/// The namespace of the inventory.
pub const INVENTORY_NAMESPACE: &str = "bundle-system";
/// The ConfigMap's name.
pub const INVENTORY_NAME: &str = "bundle-revision";

/// Which bundle it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The bundle's name.
    pub bundle: String,
    /// Its version.
    pub version: String,
    /// The digest of its index.
    pub digest: String,
}

/// When something was done, and by whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The time, in RFC 3339.
    pub at: String,
    /// The name of the user, as the API server knows it.
    pub by: String,
}

/// A revision, and the Secret that holds what was rendered for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRevision {
    /// The revision.
    pub revision: Revision,
    /// The name of the Secret; empty if an older version of this tool installed it, and recorded nothing.
    pub set: String,
}

/// Everything that was applied, or was about to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The bundle that it came from.
    pub revision: Revision,
    /// When it was last changed, and by whom.
    pub changed: Stamp,
    /// The Secret of the rendered set; `None` if an older version of this tool installed it.
    pub set: Option<String>,
    /// The revision before it that was complete.
    pub previous: Option<RecordedRevision>,
    /// Whether every layer was applied and became ready.
    pub complete: bool,
    /// Whether the inventory's own namespace was made by this tool.
    pub owns_namespace: bool,
    /// The layers, first applied first.
    pub layers: Vec<InventoryLayer>,
}

/// The objects of one layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryLayer {
    /// The layer's name.
    pub name: String,
    /// How many seconds its waits may take.
    pub timeout: u64,
    /// Its objects.
    pub objects: Vec<Entry>,
    /// What its programs make by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generates: Vec<Generated>,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The object.
    #[serde(flatten)]
    pub id: ObjectId,
    /// Its uid, once it is known to exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Whether this tool made it. Otherwise it was there before, and stays.
    pub created: bool,
    /// The content that was applied last, as a fingerprint; absent while it is being applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<String>,
}

impl Entry {
    /// Returns the rank of its kind.
    #[must_use]
    pub fn rank(&self) -> Rank {
        Rank::of(&self.id.api_version, &self.id.kind)
    }
}

impl Inventory {
    /// Returns the entry of an object.
    #[must_use]
    pub fn entry(&self, id: &ObjectId) -> Option<&Entry> {
        self.entries().find(|entry| entry.id.key() == id.key())
    }

    /// Returns the revision and its set, if both are known.
    #[must_use]
    pub fn recorded(&self) -> Option<RecordedRevision> {
        let set = self.set.clone()?;
        Some(RecordedRevision { revision: self.revision.clone(), set })
    }

    /// Returns the names of the Secrets that are needed.
    pub(in crate::cluster) fn sets(&self) -> Vec<&str> {
        let previous = self.previous.as_ref().map(|previous| previous.set.as_str());
        self.set.as_deref().into_iter().chain(previous).filter(|name| !name.is_empty()).collect()
    }

    /// Returns the revision that was complete last, when another one is about to replace this one.
    pub(in crate::cluster) fn last_complete(
        &self,
        next: Option<&RecordedRevision>,
    ) -> Option<RecordedRevision> {
        let set = self.set.clone().unwrap_or_default();
        let last = RecordedRevision { revision: self.revision.clone(), set };
        if self.complete && next != Some(&last) { Some(last) } else { self.previous.clone() }
    }

    /// Returns the constraints of Gatekeeper, by name.
    pub(in crate::cluster) fn constraints(&self) -> Vec<&Entry> {
        let mut entries: Vec<_> =
            self.entries().filter(|entry| entry.id.group() == CONSTRAINT_GROUP).collect();
        entries.sort_by_key(|entry| (&entry.id.name, &entry.id.kind));
        entries
    }

    /// Returns the entries of all layers.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.layers.iter().flat_map(|layer| &layer.objects)
    }
}

/// Returns the name of the ConfigMap.
pub(in crate::cluster) fn inventory_id() -> ObjectId {
    ObjectId::namespaced("v1", "ConfigMap", "configmaps", INVENTORY_NAMESPACE, INVENTORY_NAME)
}
