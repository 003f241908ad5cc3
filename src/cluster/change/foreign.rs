//! Finds foreign objects that would be deleted with ours: instances of our kinds, objects in our namespaces.
//!
//! Objects that have an owner are deleted with it, and some are being deleted already: neither count.

use serde_json::Value;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::objects::id::{ObjectId, group_of, version_path};
use crate::cluster::objects::json::{list, text};
use crate::cluster::objects::rank::CONSTRAINT_GROUP;
use crate::rendered::Generated;

const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Objects that the cluster itself creates in every namespace, or beside other objects.
const HOUSEHOLD: &[&str] = &["events", "endpoints", "endpointslices", "leases"];
const HOUSEHOLD_NAMES: &[(&str, &str)] = &[
    ("configmaps", "kube-root-ca.crt"),
    ("configmaps", "openshift-service-ca.crt"),
    ("serviceaccounts", "default"),
];

/// Objects that are removed as well, and so are not foreign.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::cluster) struct Outgoing<'a> {
    /// The other objects of the removal.
    pub(in crate::cluster) objects: &'a [ObjectId],
    /// The objects that the removed programs created.
    pub(in crate::cluster) generated: &'a [Generated],
}

impl Outgoing<'_> {
    /// Tells whether an item of a collection is removed as well.
    fn has(&self, kind: &Kind, item: &Value) -> bool {
        let [namespace, name] = ["/metadata/namespace", "/metadata/name"].map(|place| text(item, place));
        let is_it = |id: &ObjectId| {
            id.resource == kind.plural
                && id.name == name
                && id.namespace.as_deref().unwrap_or_default() == namespace
        };
        let group = group_of(&kind.api_version);
        self.objects.iter().any(is_it)
            || self.generated.iter().any(|one| one.covers(group, &kind.kind, namespace, name))
    }
}

/// Returns an instance of a kind that a CustomResourceDefinition or a ConstraintTemplate brought, if there is one that
/// is foreign; with `owned`, also one that has an owner.
pub(in crate::cluster) async fn foreign_instance(
    api: &Api,
    definition: &Value,
    owned: bool,
    outgoing: Outgoing<'_>,
) -> Result<Option<String>, ClusterError> {
    let Some(kind) = instances(definition) else { return Ok(None) };
    let stays = |item: &Value| {
        let counts = (owned || is_free(item)) && !outgoing.has(&kind, item);
        counts.then(|| format!("{} {}", kind.kind.to_lowercase(), place(item)))
    };
    api.find(&format!("{}/{}", version_path(&kind.api_version), kind.plural), stays).await
}

fn instances(definition: &Value) -> Option<Kind> {
    if text(definition, "/kind") == "ConstraintTemplate" {
        let kind = text(definition, "/spec/crd/spec/names/kind").to_owned();
        let (api_version, plural) = (format!("{CONSTRAINT_GROUP}/v1beta1"), kind.to_lowercase());
        return Some(Kind { api_version, kind, plural });
    }
    let served =
        list(definition, "/spec/versions").iter().find(|version| version["served"] == Value::Bool(true))?;
    let [group, plural, kind] = ["/spec/group", "/spec/names/plural", "/spec/names/kind"]
        .map(|place| text(definition, place).to_owned());
    Some(Kind { api_version: format!("{group}/{}", text(served, "/name")), kind, plural })
}

/// Returns a foreign object in a namespace, if there is one.
pub(in crate::cluster) async fn foreign_object(
    api: &Api,
    namespace: &str,
    outgoing: Outgoing<'_>,
) -> Result<Option<String>, ClusterError> {
    let kinds = namespaced_kinds(api).await?;
    let asked = kinds.iter().map(|kind| foreign_of_kind(api, namespace, kind, outgoing));
    let found: Vec<Option<String>> = together(asked).await?;
    Ok(found.into_iter().flatten().min())
}

async fn foreign_of_kind(
    api: &Api,
    namespace: &str,
    kind: &Kind,
    outgoing: Outgoing<'_>,
) -> Result<Option<String>, ClusterError> {
    let path = format!("{}/namespaces/{namespace}/{}", version_path(&kind.api_version), kind.plural);
    let stays = |item: &Value| {
        (is_free(item) && !outgoing.has(kind, item) && !is_household(&kind.plural, item))
            .then(|| format!("{} {}", kind.kind.to_lowercase(), text(item, "/metadata/name")))
    };
    match api.find(&path, stays).await {
        // Objects that this user may not list may exist.
        Err(ClusterError::Unexpected { status: 403, .. }) => {
            Ok(Some(format!("{} that this user may not list", kind.plural)))
        }
        found => found,
    }
}

fn is_free(item: &Value) -> bool {
    list(item, "/metadata/ownerReferences").is_empty()
        && item.pointer("/metadata/deletionTimestamp").is_none()
}

fn is_household(plural: &str, item: &Value) -> bool {
    let account_token = item.pointer("/metadata/annotations/kubernetes.io~1service-account.uid").is_some();
    HOUSEHOLD.contains(&plural)
        || HOUSEHOLD_NAMES.contains(&(plural, text(item, "/metadata/name")))
        || (plural == "secrets" && account_token)
}

fn place(item: &Value) -> String {
    match text(item, "/metadata/namespace") {
        "" => text(item, "/metadata/name").to_owned(),
        namespace => format!("{namespace}/{}", text(item, "/metadata/name")),
    }
}

/// A kind, as its collection is asked for.
struct Kind {
    api_version: String,
    kind: String,
    plural: String,
}

/// Returns every kind that lives in namespaces and can be listed, each in one version.
async fn namespaced_kinds(api: &Api) -> Result<Vec<Kind>, ClusterError> {
    let mut kinds = Vec::new();
    for root in ["/api", "/apis"] {
        let groups = api.get_as(root, DISCOVERY).await?.unwrap_or_default();
        for group in list(&groups, "/items") {
            let name = text(group, "/metadata/name");
            let prefix = if name.is_empty() { String::new() } else { format!("{name}/") };
            for version in list(group, "/versions").iter().take(1) {
                let api_version = format!("{prefix}{}", text(version, "/version"));
                kinds
                    .extend(list(version, "/resources").iter().filter_map(|one| listable(one, &api_version)));
            }
        }
    }
    // Metrics are served like objects, but are not stored.
    kinds.retain(|kind| !kind.api_version.contains("metrics.k8s.io/"));
    Ok(kinds)
}

fn listable(resource: &Value, api_version: &str) -> Option<Kind> {
    let namespaced = text(resource, "/scope") == "Namespaced";
    let verbs = list(resource, "/verbs").iter().filter_map(Value::as_str).collect::<Vec<_>>();
    (namespaced && verbs.contains(&"list") && verbs.contains(&"create")).then(|| Kind {
        api_version: api_version.to_owned(),
        kind: text(resource, "/responseKind/kind").to_owned(),
        plural: text(resource, "/resource").to_owned(),
    })
}
