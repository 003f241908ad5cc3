//! Brings manifests and their blobs into a registry, and reads back that they are there.
//!
//! First everything is asked for ([`Push::plan`]), so that what has to be sent is known and can be hashed before a byte
//! leaves; then each blob is sent once and mounted wherever else it is needed, children before parents, tags last.

mod blobs;
mod error;
mod item;
mod manifests;
mod plan;
mod read_back;
mod referrers;
mod run;
mod summary;
mod target;

pub use error::PushError;
pub use item::{Item, refuse_collisions};
pub use plan::Plan;
pub use run::PushReport;
pub use summary::PushPlan;
pub use target::Push;

#[cfg(test)]
mod tests;
