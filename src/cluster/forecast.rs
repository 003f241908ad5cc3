//! Says what a constraint that begins to refuse would refuse of what runs: what Gatekeeper's audit has found, or that nobody
//! has looked yet.

use serde::Serialize;
use serde_json::Value;

use super::constraint::{Audit, Constraint};
use super::object::{ObjectId, text};
use super::order::CONSTRAINT_GROUP;
use super::plan::Action;

const ACTION: &str = "spec.enforcementAction";

/// What a constraint would refuse of what runs, should it be made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// What the audit has found of the same constraint while it did not refuse yet; `None` where nobody has judged by it.
    pub audit: Option<Audit>,
}

/// Returns the forecast of an object that is about to be applied; `None` unless it is a constraint that refuses more than now.
pub(super) fn forecast(
    id: &ObjectId,
    wanted: &Value,
    live: Option<&Value>,
    action: &Action,
) -> Option<Forecast> {
    let refuses = |constraint: &Value| matches!(text(constraint, "/spec/enforcementAction"), "" | "deny");
    if id.group() != CONSTRAINT_GROUP || !refuses(wanted) {
        return None;
    }
    match (action, live) {
        (Action::Create, _) | (Action::Change { .. }, None) => Some(Forecast { audit: None }),
        (Action::Change { fields }, Some(live)) => {
            let mut rules = fields.iter().filter(|field| field.path.starts_with("spec"));
            let same_rules = rules.clone().all(|field| field.path == ACTION);
            let audit = same_rules.then(|| Constraint::of(id, live).audit).filter(|audit| audit.current);
            rules.next().map(|_| Forecast { audit })
        }
        (Action::Keep | Action::Refused { .. }, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::differences;
    use super::super::constraint::tests::id;
    use super::*;
    use serde_json::json;

    fn constraint(action: &str, exempt: &str) -> Value {
        json!({"kind": "K8sBlockLatestTag", "spec": {"enforcementAction": action, "parameters": {"exemptImages": [exempt]}}})
    }

    fn judged(mut constraint: Value, at: &str) -> Value {
        constraint["metadata"] = json!({"creationTimestamp": "2026-11-22T09:00:00Z"});
        let violation = json!({"kind": "Pod", "namespace": "shop", "name": "web", "message": "uses :latest"});
        constraint["status"] = json!({"auditTimestamp": at, "totalViolations": 1, "violations": [violation]});
        constraint
    }

    /// Returns how many violations are foreseen: `None` where nothing begins to be refused, `Some(None)` where nobody knows.
    fn foreseen(wanted: &Value, live: Option<&Value>) -> Option<Option<u64>> {
        let action = match live {
            None => Action::Create,
            Some(live) if live["spec"] == wanted["spec"] => Action::Keep,
            Some(live) => Action::Change { fields: differences(live, wanted) },
        };
        forecast(&id(), wanted, live, &action).map(|forecast| forecast.audit.map(|audit| audit.total))
    }

    #[test]
    fn what_begins_to_refuse_is_told_as_far_as_the_audit_has_judged() {
        let (deny, warn) = (constraint("deny", "a"), constraint("warn", "a"));
        let audited = judged(warn.clone(), "2026-11-22T10:00:00Z");
        for (wanted, live, expected) in [
            (&deny, None, Some(None)),
            (&deny, Some(&audited), Some(Some(1))),
            (&deny, Some(&judged(warn.clone(), "2026-11-22T08:00:00Z")), Some(None)),
            (&constraint("deny", "b"), Some(&audited), Some(None)),
            (&constraint("deny", "b"), Some(&judged(deny.clone(), "2026-11-22T10:00:00Z")), Some(None)),
            (&deny, Some(&judged(deny.clone(), "2026-11-22T10:00:00Z")), None),
            (&warn, None, None),
            (&warn, Some(&deny), None),
        ] {
            assert_eq!(foreseen(wanted, live), expected, "{wanted} over {live:?}");
        }
    }
}
