//! Finds what belongs to others inside of what is ours: instances of our kinds, objects in our namespaces.
//!
//! What has an owner goes when its owner goes, and what is being deleted is on its way, so neither counts.

use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::object::{ObjectId, group_of, list, text, version_path};
use super::order::CONSTRAINT_GROUP;
use super::pace::together;
use crate::rendered::Generated;

const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// What the cluster itself puts into every namespace, or writes beside the objects of others.
const HOUSEHOLD: &[&str] = &["events", "endpoints", "endpointslices", "leases"];
const HOUSEHOLD_NAMES: &[(&str, &str)] = &[
    ("configmaps", "kube-root-ca.crt"),
    ("configmaps", "openshift-service-ca.crt"),
    ("serviceaccounts", "default"),
];

/// What goes too when something is taken away, and so is nobody's loss.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leaving<'a> {
    /// Objects that are taken away as well.
    pub(super) objects: &'a [ObjectId],
    /// What was made by the programs that go.
    pub(super) generated: &'a [Generated],
}

impl Leaving<'_> {
    /// Tells whether an item of a collection is on its way out.
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
/// is not leaving; with `owned`, also one that has an owner.
pub(super) async fn instance(
    api: &Api,
    definition: &Value,
    owned: bool,
    leaving: Leaving<'_>,
) -> Result<Option<String>, ClusterError> {
    let Some(kind) = instances(definition) else { return Ok(None) };
    let stays = |item: &Value| {
        let counts = (owned || is_free(item)) && !leaving.has(&kind, item);
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

/// Returns an object of somebody else in a namespace, if there is one.
pub(super) async fn guest(
    api: &Api,
    namespace: &str,
    leaving: Leaving<'_>,
) -> Result<Option<String>, ClusterError> {
    let kinds = namespaced_kinds(api).await?;
    let asked = kinds.iter().map(|kind| guest_of_kind(api, namespace, kind, leaving));
    let found: Vec<Option<String>> = together(asked).await?;
    Ok(found.into_iter().flatten().min())
}

async fn guest_of_kind(
    api: &Api,
    namespace: &str,
    kind: &Kind,
    leaving: Leaving<'_>,
) -> Result<Option<String>, ClusterError> {
    let path = format!("{}/namespaces/{namespace}/{}", version_path(&kind.api_version), kind.plural);
    let stays = |item: &Value| {
        (is_free(item) && !leaving.has(kind, item) && !is_household(&kind.plural, item))
            .then(|| format!("{} {}", kind.kind.to_lowercase(), text(item, "/metadata/name")))
    };
    match api.find(&path, stays).await {
        // What cannot be looked at may be there.
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
    // Metrics look like objects, and are none.
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
