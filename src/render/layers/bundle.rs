//! What rendering knows about the bundle.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::rendered::Database;
use crate::spec::{Component, Spec};

/// What rendering knows about the bundle. Templates see name and version as `bundle`, the versions as `components`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundleFacts {
    /// Its name: `homelab-security`.
    pub name: String,
    /// Its version: `2026.11.0`.
    pub version: String,
    /// The version of each component that has one.
    #[serde(skip)]
    pub components: BTreeMap<String, String>,
    /// The databases that it carries.
    #[serde(skip)]
    pub databases: Vec<Database>,
}

impl BundleFacts {
    /// Takes name and versions from the spec.
    #[must_use]
    pub fn new(spec: &Spec, databases: Vec<Database>) -> Self {
        let versioned = |one: &Component| Some((one.name.clone(), one.version.clone()?));
        let components = spec.components.iter().filter_map(versioned).collect();
        Self { name: spec.name.clone(), version: spec.version.clone(), components, databases }
    }
}
