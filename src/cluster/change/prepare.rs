//! Finds the name and path of every object before anything is changed.
//!
//! Kinds that the set itself brings need no cluster that knows them yet: a CustomResourceDefinition says how its kind is
//! served, and Gatekeeper derives it from a ConstraintTemplate. Everything else must be known to the cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::catalogue::Catalogue;
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::text;
use crate::cluster::objects::rank::Rank;
use crate::digest::Digest;
use crate::rendered::{Condition, Generated, ObjectSet, RenderedLayer};

/// A layer that can be applied: objects in order, each with its path.
#[derive(Debug)]
pub(in crate::cluster) struct PreparedLayer<'a> {
    pub(in crate::cluster) name: &'a str,
    pub(in crate::cluster) objects: Vec<PreparedObject<'a>>,
    pub(in crate::cluster) wait_for: &'a [Condition],
    pub(in crate::cluster) timeout: Duration,
    /// Optional objects of kinds that the cluster does not know: kind, API version and name of each.
    pub(in crate::cluster) left_out: Vec<String>,
    /// The objects that its programs create by themselves.
    pub(in crate::cluster) generates: &'a [Generated],
}

/// An object that can be applied.
#[derive(Debug)]
pub(in crate::cluster) struct PreparedObject<'a> {
    pub(in crate::cluster) id: ObjectId,
    pub(in crate::cluster) rank: Rank,
    pub(in crate::cluster) file: &'a str,
    pub(in crate::cluster) value: &'a Value,
    /// What the inventory remembers of the content; nothing of a Secret, which could be guessed from it.
    pub(in crate::cluster) fingerprint: Option<String>,
}

impl PreparedLayer<'_> {
    /// Returns the names of its objects.
    pub(in crate::cluster) fn ids(&self) -> impl Iterator<Item = &ObjectId> + Clone {
        ids(&self.objects)
    }
}

/// Returns the names of objects.
pub(in crate::cluster) fn ids<'o>(
    objects: &'o [PreparedObject<'_>],
) -> impl Iterator<Item = &'o ObjectId> + Clone {
    objects.iter().map(|object| &object.id)
}

/// Prepares every layer, in order.
///
/// # Errors
///
/// When an object has no name or no kind, is in the set twice, or is of an unknown kind.
pub(in crate::cluster) async fn prepare<'a>(
    api: &Api,
    set: &'a ObjectSet,
) -> Result<Vec<PreparedLayer<'a>>, ClusterError> {
    let mut catalogue = Catalogue::new(api);
    let mut layers = Vec::with_capacity(set.layers.len());
    for layer in &set.layers {
        layers.push(prepare_layer(&mut catalogue, layer).await?);
    }
    refuse_twins(&layers)?;
    Ok(layers)
}

async fn prepare_layer<'a>(
    catalogue: &mut Catalogue<'_>,
    layer: &'a RenderedLayer,
) -> Result<PreparedLayer<'a>, ClusterError> {
    layer.objects.iter().for_each(|object| catalogue.promise(&object.value));
    let mut objects = Vec::with_capacity(layer.objects.len());
    let mut left_out = Vec::new();
    for object in &layer.objects {
        let id = match catalogue.id_of(&object.value, &object.source).await {
            Err(ClusterError::UnknownKind { api_version, kind, .. }) if object.optional => {
                let name = text(&object.value, "/metadata/name");
                left_out.push(format!("{} {name} ({api_version})", kind.to_lowercase()));
                continue;
            }
            id => id?,
        };
        let rank = Rank::of(&id.api_version, &id.kind);
        let fingerprint = (id.kind != "Secret").then(|| fingerprint(&object.value));
        objects.push(PreparedObject { id, rank, file: &object.source, value: &object.value, fingerprint });
    }
    objects.sort_by_key(|object| object.rank);
    Ok(PreparedLayer {
        name: &layer.name,
        objects,
        wait_for: &layer.wait_for,
        timeout: layer.timeout,
        left_out,
        generates: &layer.generates,
    })
}

/// Returns half of a SHA-256: enough to tell one content from another, and half the room in the inventory.
fn fingerprint(value: &Value) -> String {
    let mut hex = Digest::of(value.to_string().as_bytes()).hex();
    hex.truncate(32);
    hex
}

fn refuse_twins(layers: &[PreparedLayer<'_>]) -> Result<(), ClusterError> {
    let mut files = BTreeMap::new();
    for object in layers.iter().flat_map(|layer| &layer.objects) {
        if let Some(first) = files.insert(object.id.key(), object.file) {
            let problem = format!("{} is in `{first}` too", object.id);
            return Err(ClusterError::InvalidObject { file: object.file.to_owned(), problem });
        }
    }
    Ok(())
}
