//! The images and addresses that objects refer to, and what the bundle carries for them.

pub(super) mod addresses;
pub(super) mod endpoint;
pub(super) mod map;
pub(super) mod naming;
pub(super) mod places;
pub(super) mod proof;
pub(super) mod references;
