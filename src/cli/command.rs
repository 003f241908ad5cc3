//! The commands: each reads its options, calls the library, and prints the report.

pub mod airgap;
pub mod connected;
mod help;
