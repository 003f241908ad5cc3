//! Reads from a constraint its enforcement action and its audit results. Nothing here sends a request.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::{list, text};
use crate::report::printable;

/// The action of a constraint without `enforcementAction`.
/// See: <https://open-policy-agent.github.io/gatekeeper/website/docs/violations>
const DEFAULT_ACTION: &str = "deny";
/// The most violations that are read: Gatekeeper writes 20 by default.
const MOST: usize = 100;
const LONGEST_TEXT: usize = 300;

/// A live constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Constraint {
    /// The object.
    #[serde(skip)]
    pub id: ObjectId,
    /// Its name.
    pub name: String,
    /// Its enforcement action: `warn`, `dryrun`, `deny`.
    pub action: String,
    /// The results of the audit.
    pub audit: Audit,
}

/// The results of Gatekeeper's audit for a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// When the last audit began, in RFC 3339; `None` if none has finished.
    pub at: Option<String>,
    /// When the constraint itself was last changed, in RFC 3339.
    pub changed: Option<String>,
    /// Whether the last audit began after that.
    pub current: bool,
    /// How many objects violate it.
    pub total: u64,
    /// The listed ones.
    pub violations: Vec<Violation>,
}

/// An object that violates a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// Its kind.
    pub kind: String,
    /// Its namespace; absent for what belongs to the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The message of the policy.
    pub message: String,
}

impl Constraint {
    /// Reads a constraint.
    pub(in crate::cluster) fn of(id: &ObjectId, object: &Value) -> Self {
        let action = match text(object, "/spec/enforcementAction") {
            "" => DEFAULT_ACTION.to_owned(),
            action => printable(action, LONGEST_TEXT),
        };
        Self { id: id.clone(), name: id.name.clone(), action, audit: Audit::of(object) }
    }
}

impl Audit {
    /// See: `updateConstraintStatus` in `pkg/audit/manager.go` of Gatekeeper.
    fn of(object: &Value) -> Self {
        let at: Option<Timestamp> = text(object, "/status/auditTimestamp").parse().ok();
        let changed = last_change(object);
        let violations = list(object, "/status/violations");
        let total = object.pointer("/status/totalViolations").and_then(Value::as_u64).unwrap_or_default();
        Self {
            at: at.map(|at| at.to_string()),
            changed: changed.map(|changed| changed.to_string()),
            // Both are in whole seconds.
            current: at.is_some_and(|at| changed.is_some_and(|changed| at > changed)),
            total: total.max(violations.len() as u64),
            violations: violations.iter().take(MOST).map(Violation::of).collect(),
        }
    }
}

impl Violation {
    fn of(violation: &Value) -> Self {
        let [kind, namespace, name, message] = ["/kind", "/namespace", "/name", "/message"]
            .map(|pointer| printable(text(violation, pointer), LONGEST_TEXT));
        Self { kind, namespace: Some(namespace).filter(|name| !name.is_empty()), name, message }
    }
}

/// Returns the time of the last write to an object, without writes to its status.
/// See: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>
fn last_change(object: &Value) -> Option<Timestamp> {
    let written = list(object, "/metadata/managedFields")
        .iter()
        .filter(|entry| text(entry, "/subresource").is_empty())
        .map(|entry| text(entry, "/time"));
    let times = written.chain([text(object, "/metadata/creationTimestamp")]);
    times.filter_map(|time| time.parse().ok()).max()
}

#[cfg(test)]
pub(in crate::cluster) mod tests {
    use super::*;
    use serde_json::json;

    pub fn id() -> ObjectId {
        ObjectId::cluster_wide(
            "constraints.gatekeeper.sh/v1beta1",
            "K8sBlockLatestTag",
            "k8sblocklatesttag",
            "block-latest-tag",
        )
    }

    fn constraint(status: Value) -> Constraint {
        let fields =
            |time: &str, subresource| json!({"manager": "m", "time": time, "subresource": subresource});
        let written = [
            fields("2026-11-22T10:00:00Z", ""),
            fields("2026-11-22T10:05:00Z", ""),
            fields("2026-11-22T11:00:00Z", "status"),
        ];
        let metadata = json!({"creationTimestamp": "2026-11-22T09:00:00Z", "managedFields": written});
        Constraint::of(
            &id(),
            &json!({"metadata": metadata, "spec": {"enforcementAction": "warn"}, "status": status}),
        )
    }

    #[test]
    fn an_audit_counts_only_if_it_began_after_the_last_change() {
        for (at, current) in [
            ("2026-11-22T10:05:01Z", true),
            ("2026-11-22T10:05:00Z", false),
            ("2026-11-22T10:04:59Z", false),
            ("yesterday", false),
            ("", false),
        ] {
            let audit = constraint(json!({"auditTimestamp": at})).audit;
            assert_eq!(
                (audit.current, audit.changed.as_deref()),
                (current, Some("2026-11-22T10:05:00Z")),
                "{at}"
            );
        }
    }

    #[test]
    fn violations_are_read_as_far_as_they_are_listed() {
        let one = json!({"kind": "Pod", "namespace": "apps", "name": "web", "message": "uses :latest\n tag"});
        let audit = constraint(json!({"totalViolations": 57, "violations": [one, {"kind": "Node"}]})).audit;
        assert_eq!((audit.total, audit.violations.len()), (57, 2));
        assert_eq!(audit.violations[0].message, "uses :latest  tag");
        assert_eq!(audit.violations[1].namespace, None);
        let many = constraint(json!({"violations": vec![json!({}); 1_000]})).audit;
        assert_eq!((many.total, many.violations.len()), (1_000, MOST));
    }

    #[test]
    fn a_constraint_that_says_nothing_denies() {
        assert_eq!(Constraint::of(&id(), &json!({})).action, "deny");
        assert_eq!(constraint(json!({})).action, "warn");
    }
}
