//! Makes sure that everything can be asked for before anything is changed: each object gets its name and path.
//!
//! Kinds that the set itself brings need no cluster that knows them yet: a CustomResourceDefinition says how its kind is
//! served, and Gatekeeper derives it from a ConstraintTemplate. Everything else must be known to the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::object::{ObjectId, is_path_segment, list, text, version_path};
use super::order::{CONSTRAINT_GROUP, Rank};
use crate::digest::Digest;
use crate::rendered::{Condition, Generated, ObjectSet, RenderedLayer};

/// A layer that can be applied: objects in order, each with its path.
#[derive(Debug)]
pub(super) struct PreparedLayer<'a> {
    pub(super) name: &'a str,
    pub(super) objects: Vec<PreparedObject<'a>>,
    pub(super) wait_for: &'a [Condition],
    pub(super) timeout: Duration,
    /// Optional objects of kinds that the cluster does not know: kind, API version and name of each.
    pub(super) left_out: Vec<String>,
    /// What its programs make by themselves.
    pub(super) generates: &'a [Generated],
}

/// An object that can be applied.
#[derive(Debug)]
pub(super) struct PreparedObject<'a> {
    pub(super) id: ObjectId,
    pub(super) rank: Rank,
    pub(super) file: &'a str,
    pub(super) value: &'a Value,
    /// What the inventory remembers of the content; nothing of a Secret, which could be guessed from it.
    pub(super) fingerprint: Option<String>,
}

/// Prepares every layer, in order.
///
/// # Errors
///
/// When an object has no name or no kind, is there twice, or is of a kind that nobody knows by then.
pub(super) async fn prepare<'a>(
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

#[derive(Debug, Clone)]
struct Resource {
    plural: String,
    namespaced: bool,
}

/// The kinds that are known, and how they are served.
pub(super) struct Catalogue<'a> {
    api: &'a Api,
    known: BTreeMap<(String, String), Resource>,
    asked: BTreeSet<String>,
}

impl<'a> Catalogue<'a> {
    pub(super) fn new(api: &'a Api) -> Self {
        Self { api, known: BTreeMap::new(), asked: BTreeSet::new() }
    }

    /// Learns the kinds that an object will bring, if it is one that does.
    pub(super) fn promise(&mut self, object: &Value) {
        match Rank::of(text(object, "/apiVersion"), text(object, "/kind")) {
            Rank::Definition => self.promise_defined(object),
            Rank::Template => self.promise_constraint(text(object, "/spec/crd/spec/names/kind")),
            _ => {}
        }
    }

    fn promise_defined(&mut self, definition: &Value) {
        let (group, kind) = (text(definition, "/spec/group"), text(definition, "/spec/names/kind"));
        let plural = text(definition, "/spec/names/plural").to_owned();
        let resource = Resource { plural, namespaced: text(definition, "/spec/scope") == "Namespaced" };
        for version in list(definition, "/spec/versions") {
            let api_version = format!("{group}/{}", text(version, "/name"));
            self.known.insert((api_version, kind.to_owned()), resource.clone());
        }
    }

    /// See: `createCRD` of Gatekeeper's constraint framework: cluster-wide, the plural is the kind in lower case.
    fn promise_constraint(&mut self, kind: &str) {
        for version in ["v1beta1", "v1alpha1"] {
            let resource = Resource { plural: kind.to_lowercase(), namespaced: false };
            self.known.insert((format!("{CONSTRAINT_GROUP}/{version}"), kind.to_owned()), resource);
        }
    }

    /// Returns how an object is asked for. Without a namespace it goes to `default`, where its kind has one.
    pub(super) async fn id_of(&mut self, object: &Value, file: &str) -> Result<ObjectId, ClusterError> {
        let [api_version, kind, name] =
            ["/apiVersion", "/kind", "/metadata/name"].map(|pointer| text(object, pointer).to_owned());
        let namespace = match text(object, "/metadata/namespace") {
            "" => "default",
            namespace => namespace,
        };
        if let Some(problem) = fault(&api_version, &kind, &name, namespace) {
            return Err(ClusterError::InvalidObject { file: file.to_owned(), problem });
        }
        let Some(resource) = self.resource(&api_version, &kind).await? else {
            return Err(ClusterError::UnknownKind { file: file.to_owned(), api_version, kind });
        };
        let namespace = resource.namespaced.then(|| namespace.to_owned());
        Ok(ObjectId { api_version, kind, resource: resource.plural, namespace, name })
    }

    async fn resource(&mut self, api_version: &str, kind: &str) -> Result<Option<Resource>, ClusterError> {
        let key = (api_version.to_owned(), kind.to_owned());
        if !self.known.contains_key(&key) && self.asked.insert(key.0.clone()) {
            self.discover(api_version).await?;
        }
        Ok(self.known.get(&key).cloned())
    }

    async fn discover(&mut self, api_version: &str) -> Result<(), ClusterError> {
        let resources = self.api.get(&version_path(api_version)).await?.unwrap_or_default();
        for resource in list(&resources, "/resources").iter().filter(|one| !text(one, "/name").contains('/'))
        {
            let namespaced = resource["namespaced"] == Value::Bool(true);
            let known = Resource { plural: text(resource, "/name").to_owned(), namespaced };
            self.known.entry((api_version.to_owned(), text(resource, "/kind").to_owned())).or_insert(known);
        }
        Ok(())
    }
}

fn fault(api_version: &str, kind: &str, name: &str, namespace: &str) -> Option<String> {
    let problem = match () {
        () if kind.is_empty() || api_version.is_empty() => {
            "an object without `apiVersion` and `kind`".to_owned()
        }
        () if !api_version.splitn(2, '/').all(is_path_segment) => {
            format!("`apiVersion: {api_version}` is no group and version")
        }
        () if name.is_empty() => format!("an object of kind `{kind}` without `metadata.name`"),
        () if !is_path_segment(name) => format!("`{name}` cannot be the name of an object"),
        () if !is_path_segment(namespace) => format!("`{namespace}` cannot be the name of a namespace"),
        () => return None,
    };
    Some(problem)
}
