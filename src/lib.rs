//! Carries a Kubernetes security stack across an air gap in one signed file.

#![warn(missing_docs)]

pub mod cluster;
pub mod digest;
pub mod platform;
pub mod reference;
pub mod render;
pub mod report;
pub mod spec;
pub mod trust;
