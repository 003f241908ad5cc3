//! Removes the installed objects, by the inventory alone.

use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::change::fate::holds_objects;
use crate::cluster::change::foreign::{Outgoing, foreign_object};
use crate::cluster::change::options::WithContents;
use crate::cluster::change::remove::{RemovalReport, Remover, generated};
use crate::cluster::objects::id::ObjectId;
use crate::cluster::record::caller::Caller;
use crate::cluster::record::inventory::{
    Entry, INVENTORY_NAMESPACE, Inventory, InventoryLayer, Revision, inventory_id,
};
use crate::cluster::record::lease::Lease;
use crate::cluster::record::{set_store, store};
use crate::report::Reporter;

/// How many seconds the inventory and its namespace may take to go.
const LAST_STEP: u64 = 60;

/// What an uninstall did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct UninstallReport {
    /// The installed revision; `None` if there was none.
    pub revision: Option<Revision>,
    /// The fate of its objects.
    pub removal: RemovalReport,
}

impl Cluster {
    /// Removes the installed objects. After a failure, the same call continues.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked or refuses, another run holds the Lease, the inventory cannot be
    /// read, or an object does not go.
    pub async fn uninstall(
        &self,
        asked: &WithContents,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<UninstallReport, ClusterError> {
        if store::load(&self.api).await?.is_none() {
            return Ok(UninstallReport::default());
        }
        let lease = Lease::new(&self.api, caller, reporter);
        lease.during(self.uninstall_alone(&lease, asked, reporter)).await
    }

    async fn uninstall_alone(
        &self,
        lease: &Lease<'_>,
        asked: &WithContents,
        reporter: &dyn Reporter,
    ) -> Result<UninstallReport, ClusterError> {
        lease.take().await?;
        let Some(inventory) = store::load(&self.api).await? else {
            return Ok(UninstallReport::default());
        };
        let generated = generated(&inventory.layers);
        let remover = Remover { api: &self.api, reporter, generated, asked };
        let removal = remover.remove(&inventory.layers).await?;
        reporter.step(format!("deleted {} objects", removal.deleted.len()));
        let mut report = UninstallReport { revision: Some(inventory.revision.clone()), removal };
        let sets = set_store::layer(set_store::others(&self.api, &[]).await?);
        report.removal.kept.extend(remover.remove(&[sets]).await?.kept);
        if report.removal.held.is_empty() {
            lease.rest().await;
            self.remove_inventory(&remover, inventory.owns_namespace, &mut report).await?;
        } else {
            let inventory = Inventory { changed: lease.stamp().await, ..inventory };
            self.keep_inventory(inventory, &report.removal.held).await?;
        }
        Ok(report)
    }

    /// Keeps the record of held objects, so that the same call removes them once they hold nothing foreign.
    async fn keep_inventory(&self, mut inventory: Inventory, held: &[ObjectId]) -> Result<(), ClusterError> {
        for layer in &mut inventory.layers {
            layer.objects.retain(|entry| held.contains(&entry.id));
        }
        inventory.layers.retain(|layer| !layer.objects.is_empty());
        (inventory.complete, inventory.set, inventory.previous) = (false, None, None);
        store::save(&self.api, &inventory).await
    }

    /// Removes the record last: it is needed while anything is left. The Lease is deleted with the namespace.
    async fn remove_inventory(
        &self,
        remover: &Remover<'_>,
        owns_namespace: bool,
        report: &mut UninstallReport,
    ) -> Result<(), ClusterError> {
        let entry = |id| Entry { id, uid: None, created: true, applied: None };
        let mut objects = vec![entry(inventory_id())];
        if owns_namespace {
            let inventory = [inventory_id()];
            let outgoing = Outgoing { objects: &inventory, ..Outgoing::default() };
            match foreign_object(&self.api, INVENTORY_NAMESPACE, outgoing).await? {
                None => objects.push(entry(ObjectId::namespace(INVENTORY_NAMESPACE))),
                Some(object) => report
                    .removal
                    .kept
                    .push((ObjectId::namespace(INVENTORY_NAMESPACE), holds_objects(&object))),
            }
        }
        let layer =
            InventoryLayer { name: "inventory".into(), timeout: LAST_STEP, objects, generates: vec![] };
        let last = remover.remove(&[layer]).await?;
        report.removal.kept.extend(last.kept);
        Ok(())
    }
}
