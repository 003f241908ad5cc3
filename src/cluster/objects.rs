//! Objects of a cluster as data: their names, their order, how they differ. Nothing here sends a request.

pub(super) mod compare;
pub(super) mod id;
pub(super) mod json;
pub(super) mod labels;
pub(super) mod rank;
