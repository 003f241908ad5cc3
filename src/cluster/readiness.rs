//! Whether objects are ready, why they are not, and waiting until they are.

pub(super) mod condition;
pub(super) mod reason;
pub(super) mod wait;
