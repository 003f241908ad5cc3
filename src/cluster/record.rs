//! The records that the cluster keeps of an install: the inventory, the rendered sets, the Lease, events.

pub(super) mod applyset;
pub(super) mod caller;
pub(super) mod event;
pub(super) mod inventory;
pub(super) mod lease;
pub(super) mod rendered_set;
pub(super) mod set_store;
pub(super) mod store;
