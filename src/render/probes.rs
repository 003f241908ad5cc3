//! The requests and connections with which a layer proves that it works.

pub(super) mod connections;
pub(super) mod live;
pub(super) mod probe;
