//! The Kubernetes cluster: applies, waits, proves, keeps the inventory and takes away again.
//!
//! Everything goes over one client with one field manager. Nothing is read from the environment or the terminal; every wait
//! has a deadline and says what it waits for. An object is deleted only if the inventory says that this tool made it and
//! its uid is still the same.

mod api;
mod apply;
mod applyset;
mod caller;
mod compare;
mod condition;
mod connect;
mod constraint;
mod decide;
mod deletion;
mod enforce;
mod error;
mod failure;
#[cfg(test)]
mod fake;
mod forecast;
mod foresee;
mod guests;
mod install;
mod inventory;
mod lease;
mod ledger;
mod live;
mod notice;
mod object;
mod order;
mod owned;
mod pace;
mod plan;
mod preflight;
mod prepare;
mod probe;
mod reason;
mod recorded;
mod remove;
mod rollback;
mod status;
#[cfg(test)]
mod tests;
mod uninstall;
mod wait;

pub use api::FIELD_MANAGER;
pub use apply::{ApplyOptions, Outcome};
pub use caller::Caller;
pub use compare::FieldChange;
pub use connect::{ConnectOptions, PodAccess};
pub use constraint::{Audit, Constraint, Violation};
pub use enforce::{EnforceError, EnforceOptions, EnforceReport};
pub use error::ClusterError;
pub use failure::InstallFailure;
pub use forecast::Forecast;
pub use foresee::Foreseen;
pub use install::{ApplyReport, LayerReport};
pub use inventory::{
    Entry, INVENTORY_NAME, INVENTORY_NAMESPACE, Inventory, InventoryLayer, RecordedRevision, Revision, Stamp,
};
pub use live::{LiveReport, LiveResult, Seen};
pub use notice::Notice;
pub use object::ObjectId;
pub use order::Rank;
pub use plan::{Action, Plan, PlannedLayer, PlannedObject, PlannedRemoval};
pub use preflight::Intent;
pub use probe::{Patience, ProbeReport, ProbeResult};
pub use remove::{RemovalReport, WithContents};
pub use rollback::{Retreat, Rollback};
pub use status::{LayerStatus, Status};
pub use uninstall::UninstallReport;

/// A cluster that answers.
pub struct Cluster {
    api: api::Api,
    version: String,
}

impl Cluster {
    /// Returns the address of the API server.
    #[must_use]
    pub fn server(&self) -> &str {
        self.api.server()
    }

    /// Returns the version of Kubernetes: `v1.34.4`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns what is installed, as the cluster itself has it written down.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or the inventory cannot be read.
    pub async fn inventory(&self) -> Result<Option<Inventory>, ClusterError> {
        inventory::load(&self.api).await
    }
}
