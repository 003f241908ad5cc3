//! What the registry holds: manifests and tags by repository, and the blobs with their health.

pub(super) mod catalog;
pub(super) mod health;
pub(super) mod memory;
pub(super) mod pieces;
pub(super) mod readers;
