//! The kinds that the cluster serves, or will serve once the set is applied: how an object of each is named.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::{ObjectId, is_path_segment, version_path};
use crate::cluster::objects::json::{list, text};
use crate::cluster::objects::rank::{CONSTRAINT_GROUP, Rank};

#[derive(Debug, Clone)]
struct Resource {
    plural: String,
    namespaced: bool,
}

/// The kinds that are known, and how they are served.
pub(in crate::cluster) struct Catalogue<'a> {
    api: &'a Api,
    known: BTreeMap<(String, String), Resource>,
    asked: BTreeSet<String>,
}

impl<'a> Catalogue<'a> {
    pub(in crate::cluster) fn new(api: &'a Api) -> Self {
        Self { api, known: BTreeMap::new(), asked: BTreeSet::new() }
    }

    /// Learns the kinds that an object will bring, if it is one that does.
    pub(in crate::cluster) fn promise(&mut self, object: &Value) {
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

    /// Returns the name and path of an object. Without a namespace it goes to `default`, if its kind is namespaced.
    pub(in crate::cluster) async fn id_of(
        &mut self,
        object: &Value,
        file: &str,
    ) -> Result<ObjectId, ClusterError> {
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
            format!("`apiVersion: {api_version}` is not a valid group and version")
        }
        () if name.is_empty() => format!("an object of kind `{kind}` without `metadata.name`"),
        () if !is_path_segment(name) => format!("`{name}` is not a valid object name"),
        () if !is_path_segment(namespace) => format!("`{namespace}` is not a valid namespace name"),
        () => return None,
    };
    Some(problem)
}
