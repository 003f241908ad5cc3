//! The names of objects, and their paths at the API server.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One object of the cluster, by everything that it takes to ask for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectId {
    /// Group and version: `apps/v1`.
    pub api_version: String,
    /// The kind: `Deployment`.
    pub kind: String,
    /// The plural that its path has: `deployments`.
    pub resource: String,
    /// Its namespace; absent for what belongs to the whole cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl ObjectId {
    /// Names an object in a namespace: `ObjectId::namespaced("apps/v1", "Deployment", "deployments", "falco", "falco")`.
    #[must_use]
    pub fn namespaced(api_version: &str, kind: &str, resource: &str, namespace: &str, name: &str) -> Self {
        Self {
            namespace: Some(namespace.to_owned()),
            ..Self::cluster_wide(api_version, kind, resource, name)
        }
    }

    /// Names an object that belongs to the whole cluster: `ObjectId::cluster_wide("v1", "Node", "nodes", "n1")`.
    #[must_use]
    pub fn cluster_wide(api_version: &str, kind: &str, resource: &str, name: &str) -> Self {
        let [api_version, kind, resource, name] = [api_version, kind, resource, name].map(str::to_owned);
        Self { api_version, kind, resource, namespace: None, name }
    }

    /// Names a namespace.
    #[must_use]
    pub fn namespace(name: &str) -> Self {
        Self::cluster_wide("v1", "Namespace", "namespaces", name)
    }

    /// Names a pod. Without a name it stands for a pod that the API server is asked to name.
    #[must_use]
    pub fn pod(namespace: &str, name: &str) -> Self {
        Self::namespaced("v1", "Pod", "pods", namespace, name)
    }

    /// Returns the API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        group_of(&self.api_version)
    }

    /// Returns what makes it this object and no other, in whatever version it is written.
    #[must_use]
    pub fn key(&self) -> (&str, &str, Option<&str>, &str) {
        (self.group(), &self.kind, self.namespace.as_deref(), &self.name)
    }

    /// Returns the path of its collection.
    pub(in crate::cluster) fn collection_path(&self) -> String {
        let namespace = self.namespace.as_ref().map(|name| format!("/namespaces/{name}")).unwrap_or_default();
        format!("{}{namespace}/{}", version_path(&self.api_version), self.resource)
    }

    /// Returns its own path.
    pub(in crate::cluster) fn path(&self) -> String {
        format!("{}/{}", self.collection_path(), self.name)
    }

    /// Returns the object with nothing in it but its name.
    pub(in crate::cluster) fn bare(&self) -> Value {
        let mut metadata = serde_json::json!({ "name": self.name });
        if let Some(namespace) = &self.namespace {
            metadata["namespace"] = Value::from(namespace.as_str());
        }
        serde_json::json!({ "apiVersion": self.api_version, "kind": self.kind, "metadata": metadata })
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.to_lowercase())?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

/// Returns the group of an `apiVersion`; empty for the core group.
pub(in crate::cluster) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Returns the path of a version's resources.
pub(in crate::cluster) fn version_path(api_version: &str) -> String {
    if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") }
}

/// Tells whether a text can be a segment of a path, as every name that the API server accepts can.
pub(in crate::cluster) fn is_path_segment(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:@".contains(&byte);
    !name.is_empty() && name != "." && name != ".." && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> ObjectId {
        ObjectId::namespaced("apps/v1", "Deployment", "deployments", "gatekeeper-system", "gatekeeper-audit")
    }

    #[test]
    fn paths_follow_group_and_scope() {
        let id = deployment();
        assert_eq!(id.path(), "/apis/apps/v1/namespaces/gatekeeper-system/deployments/gatekeeper-audit");
        let node = ObjectId::cluster_wide("v1", "Node", "nodes", "n1");
        assert_eq!(node.path(), "/api/v1/nodes/n1");
        assert_eq!(node.group(), "");
    }

    #[test]
    fn reads_as_kind_and_place() {
        assert_eq!(deployment().to_string(), "deployment gatekeeper-system/gatekeeper-audit");
    }

    #[test]
    fn names_that_would_change_the_path_are_seen() {
        for (name, good) in [
            ("system:aggregate-to-view", true),
            ("a.b-c", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("a?dryRun=All", false),
            ("a%2fb", false),
        ] {
            assert_eq!(is_path_segment(name), good, "{name}");
        }
    }
}
