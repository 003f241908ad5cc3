//! Carries a Kubernetes security stack across an air gap in one signed file.

pub mod archive;
pub mod cli;
pub mod cluster;
pub mod digest;
pub mod fetch;
pub mod lock;
pub mod ops;
pub mod platform;
pub mod reference;
pub mod registry;
pub mod render;
pub mod report;
pub mod resolve;
pub mod spec;
pub mod store;
pub mod trust;
