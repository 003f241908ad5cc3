//! Existing objects with our names that have another owner.
//!
//! Another controller would revert our changes: that is an error, unless the operator takes fields over anyway. Of a namespace
//! or a definition we own some fields at most: another owner is a warning.

use serde_json::Value;

use super::query::{Query, unless_refused};
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::{list, text};
use crate::cluster::objects::rank::Rank;
use crate::cluster::record::applyset;
use crate::cluster::record::inventory::Inventory;
use crate::report::{Finding, Severity};

const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// Labels and annotations that name an owner: place, key, and kind of owner.
/// See: helm.sh/docs "Charts Tips"; Argo CD docs "Resource Tracking"; Flux docs "Kustomization"; KEP-3659 (ApplySet)
const MARKS: [(&str, &str, &str); 6] = [
    ("annotations", "meta.helm.sh/release-name", "the Helm release"),
    ("annotations", "argocd.argoproj.io/tracking-id", "the Argo CD application"),
    ("labels", "argocd.argoproj.io/instance", "the Argo CD application"),
    ("labels", "kustomize.toolkit.fluxcd.io/name", "the Flux Kustomization"),
    ("labels", "helm.toolkit.fluxcd.io/name", "the Flux HelmRelease"),
    ("labels", "applyset.kubernetes.io/part-of", "the ApplySet"),
];

/// Checks every existing object.
pub(super) async fn ask(
    query: Query<'_>,
    installed: Option<&Inventory>,
) -> Result<Vec<Finding>, ClusterError> {
    let found = query.objects().map(|object| async {
        let live = unless_refused(query.api.get_as(&object.id.path(), METADATA).await)?;
        let live = live.ok().flatten();
        Ok(live
            .and_then(|live| judge(&object.id, object.rank, &live, installed, query.intent.force_conflicts)))
    });
    Ok(together(found).await?.into_iter().flatten().collect())
}

fn judge(
    id: &ObjectId,
    rank: Rank,
    live: &Value,
    installed: Option<&Inventory>,
    force: bool,
) -> Option<Finding> {
    let entry = installed.and_then(|installed| installed.entry(id));
    if entry.is_some_and(|entry| entry.created && entry.uid.as_deref() == Some(text(live, "/metadata/uid"))) {
        return None;
    }
    let owner = owner(live)?;
    let shared = matches!(rank, Rank::Namespace | Rank::Definition);
    let severity = if shared || force { Severity::Warning } else { Severity::Error };
    let hint = match () {
        () if shared => "it is kept on uninstall".to_owned(),
        () if force => "`--force-conflicts` takes its fields over; its owner may change them back".to_owned(),
        () => format!(
            "remove it from {owner}, or from this site; `--force-conflicts` takes its fields over until the owner changes them back"
        ),
    };
    Some(
        Finding::new(severity, id.to_string(), format!("it belongs to {owner}"))
            .expected("no other owner")
            .hint(hint),
    )
}

/// Returns whose an object is, if it says so. Our own ApplySet is on what an interrupted install made and had no time to write down.
fn owner(live: &Value) -> Option<String> {
    let marked = |(place, key, whose): &(&str, &str, &str)| {
        let name = live.pointer("/metadata")?.get(place)?.get(key)?.as_str()?;
        let name = name.split(':').next().unwrap_or_default();
        (name != applyset::id()).then(|| format!("{whose} `{name}`"))
    };
    MARKS.iter().find_map(marked).or_else(|| {
        let owner = list(live, "/metadata/ownerReferences").first()?;
        Some(format!("{} `{}`", text(owner, "/kind").to_lowercase(), text(owner, "/name")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::record::inventory::{Entry, InventoryLayer};
    use serde_json::json;

    fn id(kind: &str) -> ObjectId {
        ObjectId { kind: kind.into(), ..ObjectId::namespace("a") }
    }

    #[test]
    fn marks_of_others_are_read() {
        for (metadata, expected) in [
            (json!({}), None),
            (json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}), None),
            (json!({"labels": {"applyset.kubernetes.io/part-of": applyset::id()}}), None),
            (
                json!({"annotations": {"meta.helm.sh/release-name": "falco"}}),
                Some("the Helm release `falco`"),
            ),
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "edge:apps/Deployment:a/b"}}),
                Some("the Argo CD application `edge`"),
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}),
                Some("the Flux Kustomization `apps`"),
            ),
            (
                json!({"labels": {"applyset.kubernetes.io/part-of": "applyset-1"}}),
                Some("the ApplySet `applyset-1`"),
            ),
            (json!({"ownerReferences": [{"kind": "Trivy", "name": "main"}]}), Some("trivy `main`")),
        ] {
            assert_eq!(owner(&json!({"metadata": metadata})).as_deref(), expected, "{metadata}");
        }
    }

    #[test]
    fn what_another_controller_changes_back_is_an_error_unless_it_is_forced() {
        let live = json!({"metadata": {"uid": "1", "labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}});
        let severity =
            |kind: &str, rank, force| judge(&id(kind), rank, &live, None, force).map(|one| one.severity);
        assert_eq!(severity("Deployment", Rank::Workload, false), Some(Severity::Error));
        assert_eq!(severity("Deployment", Rank::Workload, true), Some(Severity::Warning));
        assert_eq!(severity("Namespace", Rank::Namespace, false), Some(Severity::Warning));
        let shown = judge(&id("Deployment"), Rank::Workload, &live, None, false).expect("a finding");
        insta::assert_snapshot!(shown, @r"
        error: deployment a: it belongs to the Flux Kustomization `apps`; expected no other owner
          hint: remove it from the Flux Kustomization `apps`, or from this site; `--force-conflicts` takes its fields over until the owner changes them back
        ");
    }

    #[test]
    fn what_we_made_is_ours_whatever_it_is_marked_with() {
        let entry =
            |uid: &str| Entry { id: id("Deployment"), uid: Some(uid.into()), created: true, applied: None };
        let live = json!({"metadata": {"uid": "1", "labels": {"applyset.kubernetes.io/part-of": "ours"}}});
        for (uid, ours) in [("1", true), ("2", false)] {
            let layer = InventoryLayer {
                name: "10-x".into(),
                timeout: 1,
                objects: vec![entry(uid)],
                generates: vec![],
            };
            let inventory = Inventory { layers: vec![layer], ..Inventory::default() };
            let found = judge(&id("Deployment"), Rank::Workload, &live, Some(&inventory), false);
            assert_eq!(found.is_none(), ours, "{uid}");
        }
    }
}
