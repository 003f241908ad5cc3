//! Whether this user may do all that an install, its waits, its probes and an uninstall ask for.
//!
//! A user with all rights needs one question. For any other user each right is asked for once; the missing ones are one
//! finding.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::query::{Query, Told};
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::change::catalogue::Catalogue;
use crate::cluster::objects::id::{ObjectId, group_of};
use crate::cluster::objects::json::text;
use crate::cluster::objects::rank::Rank;
use crate::cluster::record::inventory::{INVENTORY_NAMESPACE, inventory_id};
use crate::report::{Finding, Severity};

const RBAC: &str = "rbac.authorization.k8s.io";
const CHANGE: [&str; 4] = ["create", "delete", "get", "patch"];
const WATCH: [&str; 2] = ["list", "watch"];

/// Something that a user may do or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    /// Where; `None`: in the cluster as a whole.
    namespace: Option<String>,
    /// `deployments.apps`, as kubectl writes it.
    resource: String,
    verb: &'static str,
}

/// Asks for every right.
pub(super) async fn ask(query: Query<'_>) -> Result<Vec<Finding>, ClusterError> {
    let all = Right { namespace: None, resource: "*.*".into(), verb: "*" };
    match is_granted(query.api, &all).await? {
        Ok(true) => return Ok(Vec::new()),
        Err(refusal) => return Ok(vec![unknown(&refusal)]),
        Ok(false) => {}
    }
    let mut needed = needed(query);
    needed.extend(of_probes(query).await?);
    let findings = [
        (
            Severity::Error,
            needed,
            "`kubectl auth can-i --list` shows the rights of this user; use a user that has the missing ones; the first of them: ",
        ),
        (
            Severity::Warning,
            of_roles(query),
            "needed only if the roles grant more than this user has; `cluster-admin` has them: ",
        ),
    ];
    let mut told = Vec::new();
    for (severity, rights, hint) in findings {
        told.extend(finding(severity, &missing(query.api, &rights).await?, hint));
    }
    Ok(told)
}

async fn missing(api: &Api, rights: &BTreeSet<Right>) -> Result<Vec<Right>, ClusterError> {
    let answers = rights
        .iter()
        .map(|right| async move { Ok((is_granted(api, right).await? != Ok(true)).then(|| right.clone())) });
    Ok(together(answers).await?.into_iter().flatten().collect())
}

// See: Kubernetes API, SelfSubjectAccessReview
async fn is_granted(api: &Api, right: &Right) -> Result<Told<bool>, ClusterError> {
    let (kind, resource) = ("SelfSubjectAccessReview", "selfsubjectaccessreviews");
    let id = ObjectId::cluster_wide("authorization.k8s.io/v1", kind, resource, "");
    let (resource, group) = right.resource.split_once('.').unwrap_or((&right.resource, ""));
    let mut attributes = json!({"group": group, "resource": resource, "verb": right.verb});
    if let Some(namespace) = &right.namespace {
        attributes["namespace"] = Value::from(namespace.as_str());
    }
    let review = json!({
        "apiVersion": id.api_version, "kind": id.kind, "spec": {"resourceAttributes": attributes},
    });
    let answer = api.create_dry_run(&id, &review).await?;
    if !answer.is_success() {
        return Ok(Err(answer.message()));
    }
    Ok(Ok(answer.body.pointer("/status/allowed") == Some(&Value::Bool(true))))
}

fn unknown(refusal: &str) -> Finding {
    Finding::warning("rights", format!("the API server does not answer: {refusal}"))
        .expected("an answer to a SelfSubjectAccessReview")
        .hint("`kubectl auth can-i --list` asks the same way; missing rights show when objects are applied")
}

fn right(id: &ObjectId, verb: &'static str) -> Right {
    let resource = match id.group() {
        "" => id.resource.clone(),
        group => format!("{}.{group}", id.resource),
    };
    Right { namespace: id.namespace.clone(), resource, verb }
}

/// Returns what applying, waiting and taking away ask for; and the same for the inventory.
fn needed(query: Query<'_>) -> BTreeSet<Right> {
    let own = [inventory_id(), ObjectId::namespace(INVENTORY_NAMESPACE)];
    let ids = query.objects().map(|object| &object.id).chain(&own);
    let mut rights: BTreeSet<_> = ids.flat_map(|id| CHANGE.map(|verb| right(id, verb))).collect();
    for object in query.objects().filter(|object| is_waited_for(object.rank)) {
        rights.extend(WATCH.map(|verb| right(&object.id, verb)));
        if object.rank == Rank::Workload {
            let beside = |resource: &str| ObjectId {
                api_version: "v1".into(),
                resource: resource.into(),
                ..object.id.clone()
            };
            rights.extend(["pods", "events"].map(|resource| right(&beside(resource), "list")));
        }
    }
    rights
}

fn is_waited_for(rank: Rank) -> bool {
    matches!(rank, Rank::Definition | Rank::Workload | Rank::Admission | Rank::Template)
}

/// Returns what it takes to grant more than one may oneself.
/// See: Kubernetes docs, "Using RBAC Authorization", Privilege escalation prevention
fn of_roles(query: Query<'_>) -> BTreeSet<Right> {
    let roles = query.objects().filter(|object| group_of(&object.id.api_version) == RBAC);
    let of = |(id, value): (&ObjectId, &Value)| match text(value, "/roleRef/kind") {
        "" => right(id, "escalate"),
        "ClusterRole" => Right { resource: format!("clusterroles.{RBAC}"), ..right(id, "bind") },
        _ => Right { resource: format!("roles.{RBAC}"), ..right(id, "bind") },
    };
    roles.map(|object| of((&object.id, object.value))).collect()
}

async fn of_probes(query: Query<'_>) -> Result<Vec<Right>, ClusterError> {
    let mut catalogue = Catalogue::new(query.api);
    let set = query.intent.set;
    set.objects
        .layers
        .iter()
        .flat_map(|layer| &layer.objects)
        .for_each(|object| catalogue.promise(&object.value));
    let mut rights = Vec::new();
    for probe in set.objects.layers.iter().flat_map(|layer| &layer.probes) {
        rights.push(right(&catalogue.id_of(&probe.object, &probe.name).await?, "create"));
    }
    Ok(rights)
}

/// Says what is missing: verbs by resource and namespace.
fn finding(severity: Severity, missing: &[Right], hint: &str) -> Option<Finding> {
    let first = missing.first()?;
    let mut places: BTreeMap<(&Option<String>, &str), Vec<&str>> = BTreeMap::new();
    for right in missing {
        places.entry((&right.namespace, &right.resource)).or_default().push(right.verb);
    }
    let one = |((namespace, resource), verbs): ((&Option<String>, &str), Vec<&str>)| {
        let place = namespace.as_ref().map(|name| format!(" in `{name}`")).unwrap_or_default();
        format!("{} {resource}{place}", verbs.join(", "))
    };
    let lacking: Vec<_> = places.into_iter().map(one).collect();
    let place = first.namespace.as_ref().map(|name| format!(" --namespace {name}")).unwrap_or_default();
    Some(
        Finding::new(severity, "rights", format!("this user may not {}", lacking.join("; ")))
            .expected("the rights to apply, wait, probe and remove")
            .hint(format!("{hint}`kubectl auth can-i {} {}{place}`", first.verb, first.resource)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_one_finding_with_a_command() {
        let right = |namespace: Option<&str>, resource: &str, verb| Right {
            namespace: namespace.map(str::to_owned),
            resource: resource.into(),
            verb,
        };
        let missing = [
            right(None, "clusterroles.rbac.authorization.k8s.io", "create"),
            right(None, "clusterroles.rbac.authorization.k8s.io", "patch"),
            right(Some("falco"), "daemonsets.apps", "create"),
        ];
        insta::assert_snapshot!(finding(Severity::Error, &missing, "see ").expect("a finding"), @r"
        error: rights: this user may not create, patch clusterroles.rbac.authorization.k8s.io; create daemonsets.apps in `falco`; expected the rights to apply, wait, probe and remove
          hint: see `kubectl auth can-i create clusterroles.rbac.authorization.k8s.io`
        ");
        assert_eq!(finding(Severity::Error, &[], "see "), None);
    }
}
