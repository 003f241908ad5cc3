//! What commands print of results and failures: text for people, JSON for programs. Nothing here writes.

pub mod explained;
pub mod failure;
pub mod findings;
pub mod install;
pub mod interrupted;
pub mod plan;
pub mod probes;
pub mod signatures;
pub mod size;
pub mod status;
