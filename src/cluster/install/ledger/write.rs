//! Writes the ledger into the cluster: the Lease first, then the rendered set, then the inventory.

use super::Ledger;
use crate::cluster::api::error::ClusterError;
use crate::cluster::change::namespace::ensure_namespace;
use crate::cluster::change::remove::Remover;
use crate::cluster::record::inventory::{INVENTORY_NAMESPACE, Inventory};
use crate::cluster::record::lease::Lease;
use crate::cluster::record::set_store::SetSecret;
use crate::cluster::record::{set_store, store};

impl Ledger<'_> {
    /// Forgets that the set is recorded if its Secret is missing, so that it is recorded again.
    pub(super) async fn miss_set(&mut self) -> Result<(), ClusterError> {
        let Some(stored) = self.stored.as_mut().filter(|stored| stored.set == self.current.set) else {
            return Ok(());
        };
        if !set_store::is_kept(self.api, &self.set.name).await? {
            stored.set = None;
        }
        Ok(())
    }

    /// Deletes the recorded sets that nothing refers to any more.
    pub(in crate::cluster) async fn sweep(&self, remover: &Remover<'_>) -> Result<(), ClusterError> {
        if self.written {
            let objects = set_store::others(self.api, &self.current.sets()).await?;
            let _ = remover.remove(&[set_store::layer(objects)]).await?;
        }
        Ok(())
    }

    pub(super) async fn save_unfinished(&mut self, lease: &Lease<'_>) -> Result<(), ClusterError> {
        if self.stored.as_ref() != Some(&self.current) {
            self.current.complete = false;
        }
        self.save(lease).await
    }

    pub(super) async fn save(&mut self, lease: &Lease<'_>) -> Result<(), ClusterError> {
        // An incomplete install is about to be recorded as complete: no other run may change it from here on.
        let begun = self.written || self.current.complete;
        if begun && self.stored.as_ref() == Some(&self.current) {
            return Ok(());
        }
        if !self.written {
            self.begin(lease).await?;
        }
        store::save(self.api, &self.current).await?;
        self.stored = Some(self.current.clone());
        Ok(())
    }

    /// Takes the Lease and records the set, before the first write. The last holder of the Lease may have changed the
    /// inventory after it was read: so it is read again.
    async fn begin(&mut self, lease: &Lease<'_>) -> Result<(), ClusterError> {
        let secret = SetSecret::of(self.set)?;
        if self.stored.is_none() {
            self.current.owns_namespace = ensure_namespace(self.api, INVENTORY_NAMESPACE).await?;
        }
        lease.take().await?;
        let version = |inventory: &Inventory| (inventory.changed.clone(), inventory.layers.clone());
        let now = store::load(self.api).await?;
        if now.as_ref().map(version) != self.stored.as_ref().map(version) {
            return Err(ClusterError::Overtaken);
        }
        secret.save(self.api).await?;
        self.current.changed = lease.stamp().await;
        self.written = true;
        Ok(())
    }
}
