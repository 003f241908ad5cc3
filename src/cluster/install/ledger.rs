//! Keeps the inventory during an install: written before and after each layer, and only if it changed.

mod write;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::change::apply::{Applied, Ownership};
use crate::cluster::change::found::Found;
use crate::cluster::change::prepare::{PreparedLayer, PreparedObject};
use crate::cluster::change::remove::RemovalReport;
use crate::cluster::record::inventory::{Entry, Inventory, InventoryLayer, Revision};
use crate::cluster::record::lease::Lease;
use crate::cluster::record::rendered_set::PackedSet;
use crate::cluster::record::store;

/// The inventory of a running install.
pub(in crate::cluster) struct Ledger<'a> {
    api: &'a Api,
    set: &'a PackedSet,
    stored: Option<Inventory>,
    current: Inventory,
    written: bool,
}

impl<'a> Ledger<'a> {
    /// Reads the inventory of an earlier install, and adds the new layers.
    pub(in crate::cluster) async fn open(
        api: &'a Api,
        revision: &Revision,
        set: &'a PackedSet,
        layers: &[PreparedLayer<'_>],
    ) -> Result<Self, ClusterError> {
        let stored = store::load(api).await?;
        let mut current = stored.clone().unwrap_or_default();
        current.complete &= current.revision == *revision;
        current.revision = revision.clone();
        current.set = Some(set.name.clone());
        current.previous =
            stored.as_ref().and_then(|stored| stored.last_complete(current.recorded().as_ref()));
        current.layers = merged(current.layers, layers);
        let mut ledger = Self { api, set, stored, current, written: false };
        ledger.miss_set().await?;
        Ok(ledger)
    }

    /// Tells whether anything was recorded.
    pub(in crate::cluster) fn is_written(&self) -> bool {
        self.written
    }

    /// Makes this revision the target of the next rollback, instead of the one that it replaces.
    pub(in crate::cluster) fn prefer_current(&mut self) {
        self.current.previous = self.current.recorded();
    }

    /// Records the objects of a layer before they are applied; returns whose each of them is.
    pub(in crate::cluster) async fn intend(
        &mut self,
        lease: &Lease<'_>,
        layer: &PreparedLayer<'_>,
        found: &[Option<Found>],
    ) -> Result<Vec<Ownership>, ClusterError> {
        let entries = self.entries(layer, found);
        let ownerships = ownerships_of(&entries, found);
        self.put(layer.name, entries);
        self.save_unfinished(lease).await?;
        Ok(ownerships)
    }

    /// Returns whose each object of a layer is, and writes nothing.
    pub(in crate::cluster) fn ownerships(
        &self,
        layer: &PreparedLayer<'_>,
        found: &[Option<Found>],
    ) -> Vec<Ownership> {
        ownerships_of(&self.entries(layer, found), found)
    }

    /// Tells whether the cluster has recorded all of this as installed.
    pub(in crate::cluster) fn is_current(&self) -> bool {
        self.stored.as_ref() == Some(&self.current) && self.current.complete
    }

    /// Returns what was installed before, and whether that was complete.
    pub(in crate::cluster) fn before(&self) -> Option<(&Revision, bool)> {
        self.stored.as_ref().map(|stored| (&stored.revision, stored.complete))
    }

    fn entries(&self, layer: &PreparedLayer<'_>, found: &[Option<Found>]) -> Vec<Entry> {
        let objects = layer.objects.iter().zip(found);
        objects.map(|(object, found)| self.entry(object, found.as_ref())).collect()
    }

    /// Records the objects of a layer after they were applied.
    pub(in crate::cluster) async fn record(
        &mut self,
        lease: &Lease<'_>,
        layer: &PreparedLayer<'_>,
        applied: &[Applied],
    ) -> Result<(), ClusterError> {
        let entries = layer.objects.iter().zip(applied).map(|(object, applied)| Entry {
            id: object.id.clone(),
            uid: Some(applied.uid.clone()),
            created: applied.created,
            applied: object.fingerprint.clone(),
        });
        self.put(layer.name, entries.collect());
        self.save_unfinished(lease).await
    }

    /// Returns the layers with only those objects that the new set no longer has.
    pub(in crate::cluster) fn surplus(&self, layers: &[PreparedLayer<'_>]) -> Vec<InventoryLayer> {
        let wanted: Vec<_> =
            layers.iter().flat_map(|layer| &layer.objects).map(|object| object.id.key()).collect();
        let mut surplus = self.current.layers.clone();
        for layer in &mut surplus {
            layer.objects.retain(|entry| !wanted.contains(&entry.id.key()));
        }
        surplus.retain(|layer| !layer.objects.is_empty());
        surplus
    }

    /// Forgets the surplus, except objects that had to be kept, and records the install as complete.
    pub(in crate::cluster) async fn finish(
        &mut self,
        lease: &Lease<'_>,
        surplus: &[InventoryLayer],
        removal: &RemovalReport,
    ) -> Result<(), ClusterError> {
        let surplus: Vec<_> =
            surplus.iter().flat_map(|layer| &layer.objects).map(|entry| entry.id.key()).collect();
        let kept: Vec<_> = removal.kept.iter().map(|(id, _)| id.key()).collect();
        for layer in &mut self.current.layers {
            layer.objects.retain(|entry| {
                let key = entry.id.key();
                !surplus.contains(&key) || kept.contains(&key)
            });
        }
        self.current.layers.retain(|layer| !layer.objects.is_empty());
        self.current.complete = true;
        self.save(lease).await
    }

    /// Returns the entry of an object before it is applied. Unless it will be the same content again, what was applied
    /// last is forgotten: after an interruption it is unknown.
    fn entry(&self, object: &PreparedObject<'_>, found: Option<&Found>) -> Entry {
        let known = self.current.entry(&object.id);
        let (uid, created) = claim(known, found);
        let applied = known
            .filter(|known| known.uid.is_some() && known.uid == uid)
            .and_then(|known| known.applied.clone());
        let applied = applied.filter(|applied| object.fingerprint.as_ref() == Some(applied));
        Entry { id: object.id.clone(), uid, created, applied }
    }

    fn put(&mut self, layer: &str, entries: Vec<Entry>) {
        for other in &mut self.current.layers {
            other.objects.retain(|old| !entries.iter().any(|new| new.id.key() == old.id.key()));
        }
        if let Some(layer) = self.current.layers.iter_mut().find(|other| other.name == layer) {
            layer.objects.splice(0..0, entries);
        }
    }
}

fn ownerships_of(entries: &[Entry], found: &[Option<Found>]) -> Vec<Ownership> {
    let ownership = |(entry, found): (&Entry, &Option<Found>)| Ownership {
        ours: entry.created,
        settled: entry.applied.is_some()
            && found.as_ref().is_some_and(|found| found.holds && (found.labelled || !entry.created)),
    };
    entries.iter().zip(found).map(ownership).collect()
}

/// Decides whose an object is: its uid, if it exists, and whether this tool created it.
fn claim(entry: Option<&Entry>, found: Option<&Found>) -> (Option<String>, bool) {
    let Some(found) = found else { return (None, true) };
    let created = match entry {
        // Recorded and then interrupted: it is ours if our fields are on it.
        Some(Entry { uid: None, created, .. }) => *created && found.ours,
        Some(Entry { uid: Some(uid), created, .. }) => *created && *uid == found.uid,
        None => false,
    };
    (Some(found.uid.clone()), created)
}

/// Puts the new layers in their order, and each old layer that the set no longer has behind its predecessor.
fn merged(old: Vec<InventoryLayer>, new: &[PreparedLayer<'_>]) -> Vec<InventoryLayer> {
    let mut layers: Vec<InventoryLayer> = new
        .iter()
        .map(|layer| InventoryLayer {
            name: layer.name.to_owned(),
            timeout: layer.timeout.as_secs(),
            generates: layer.generates.to_vec(),
            objects: old
                .iter()
                .find(|old| old.name == layer.name)
                .map(|old| old.objects.clone())
                .unwrap_or_default(),
        })
        .collect();
    let mut place = 0;
    for layer in old {
        match layers.iter().position(|known| known.name == layer.name) {
            Some(known) => place = known + 1,
            None => {
                layers.insert(place, layer);
                place += 1;
            }
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::objects::id::ObjectId;
    use serde_json::json;
    use std::time::Duration;

    fn found(uid: &str, ours: bool) -> Found {
        let managed = if ours { json!([{"manager": "bundle", "operation": "Apply"}]) } else { json!([]) };
        Found::of(&json!({"metadata": {"uid": uid, "managedFields": managed}}))
    }

    fn entry(uid: Option<&str>, created: bool) -> Entry {
        Entry { id: ObjectId::namespace("a"), uid: uid.map(str::to_owned), created, applied: None }
    }

    #[test]
    fn only_what_this_tool_made_is_ours() {
        for (entry, found, ours) in [
            (None, None, true),
            (None, Some(found("1", false)), false),
            (None, Some(found("1", true)), false),
            (Some(entry(Some("1"), true)), Some(found("1", true)), true),
            (Some(entry(Some("1"), true)), Some(found("2", true)), false),
            (Some(entry(Some("1"), true)), None, true),
            (Some(entry(Some("1"), false)), Some(found("1", true)), false),
            (Some(entry(Some("1"), false)), None, true),
            (Some(entry(None, true)), Some(found("1", true)), true),
            (Some(entry(None, true)), Some(found("1", false)), false),
        ] {
            assert_eq!(claim(entry.as_ref(), found.as_ref()).1, ours, "{entry:?} {found:?}");
        }
    }

    #[test]
    fn layers_that_left_keep_their_place() {
        let old =
            |name: &str| InventoryLayer { name: name.into(), timeout: 1, objects: vec![], generates: vec![] };
        let new = |name: &'static str| PreparedLayer {
            name,
            objects: vec![],
            wait_for: &[],
            timeout: Duration::from_secs(1),
            left_out: vec![],
            generates: &[],
        };
        let layers =
            merged(vec![old("00"), old("10"), old("20"), old("30")], &[new("00"), new("20"), new("40")]);
        let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["00", "10", "20", "30", "40"]);
    }
}
