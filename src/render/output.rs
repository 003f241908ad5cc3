//! A rendered set as files, as an OCI artifact, and as objects for Flux and Argo CD.

pub(super) mod artifact;
pub(super) mod folder;
pub(super) mod gitops;
