//! The Kubernetes cluster: plans, applies, waits, proves, keeps the inventory, and removes.
//!
//! Everything goes over one client with one field manager. Nothing is read from the environment or the terminal; every wait
//! has a deadline and reports what it waits for. An object is deleted only if the inventory says that this tool created it
//! and its uid is still the same.
//!
//! The rooms; each one imports only from those above it:
//!
//! | room | what it does |
//! |---|---|
//! | `objects` | objects as data: names, order, differences |
//! | `api` | the client for the API server |
//! | `record`, `readiness` | the records that the cluster keeps; conditions, reasons, waits |
//! | `change` | applies or removes one object |
//! | `install` | plans, installs, rolls back and uninstalls a whole set |
//! | `prove`, `enforce`, `preflight` | probes; enforcement actions; checks before an install |
//! | `status` | the state of what is installed |

mod api;
mod change;
mod enforce;
mod install;
mod objects;
mod preflight;
mod prove;
mod readiness;
mod record;
mod status;
#[cfg(test)]
mod tests;

pub use api::connect::Cluster;
pub use api::error::ClusterError;
pub use api::kubeconfig::{ConnectOptions, PodAccess};
pub use change::apply::{Decision, Outcome};
pub use change::fate::Fate;
pub use change::options::{ApplyOptions, WithContents};
pub use change::remove::RemovalReport;
pub use enforce::constraints::{EnforceOptions, EnforceReport};
pub use enforce::error::EnforceError;
pub use install::constraint::{Audit, Constraint, Violation};
pub use install::failure::{InstallError, InstallFailure};
pub use install::forecast::Forecast;
pub use install::plan::{Plan, PlannedLayer, PlannedObject};
pub use install::planned_removal::PlannedRemoval;
pub use install::report::{ApplyReport, LayerReport};
pub use install::rollback::{Rollback, RollbackTarget};
pub use install::uninstall::UninstallReport;
pub use objects::compare::FieldChange;
pub use objects::id::ObjectId;
pub use objects::rank::Rank;
pub use preflight::query::Intent;
pub use prove::live::report::{LiveReport, LiveResult, Seen};
pub use prove::probe::{Patience, ProbeReport, ProbeResult};
pub use record::caller::Caller;
pub use record::event::Notice;
pub use record::inventory::{
    Entry, INVENTORY_NAME, INVENTORY_NAMESPACE, Inventory, InventoryLayer, RecordedRevision, Revision, Stamp,
};
pub use status::report::{LayerStatus, Status};
