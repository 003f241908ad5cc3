//! Sigstore: its bundles, its trusted root, and signatures by certificate.

pub(super) mod claims;
pub(super) mod keyless;
pub(super) mod signatory;
pub(super) mod sigstore_bundle;
pub(super) mod trusted_root;
