//! The install that is about to begin, and the API server that the checks ask about it.

use std::collections::BTreeMap;

use crate::cluster::api::client::Api;
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::change::prepare::{PreparedLayer, PreparedObject};
use crate::cluster::record::inventory::Revision;
use crate::reference::ImageRef;
use crate::rendered::RenderedSet;

/// What is about to be installed.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// The bundle.
    pub revision: &'a Revision,
    /// Its objects.
    pub set: &'a RenderedSet,
    /// The platforms of each image in the bundle: `linux/arm64`. A composed image has those of its base.
    pub platforms: &'a BTreeMap<ImageRef, Vec<String>>,
    /// Host and port of the registry, as nodes reach it.
    pub registry: &'a str,
    /// Whether fields of other managers are taken over.
    pub force_conflicts: bool,
}

/// The cluster, and the install that it is checked for.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) api: &'a Api,
    pub(super) intent: &'a Intent<'a>,
    pub(super) layers: &'a [PreparedLayer<'a>],
}

impl Query<'_> {
    pub(super) fn objects(&self) -> impl Iterator<Item = &PreparedObject<'_>> {
        self.layers.iter().flat_map(|layer| &layer.objects)
    }
}

/// An answer, or the message that refused it to this user.
pub(super) type Told<T> = Result<T, String>;

/// Turns a refusal (403) into an answer.
pub(super) fn unless_refused<T>(result: Result<T, ClusterError>) -> Result<Told<T>, ClusterError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(ClusterError::Unexpected { status: 403, message, .. }) => Ok(Err(message)),
        Err(error) => Err(error),
    }
}
