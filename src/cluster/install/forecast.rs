//! Forecasts which running objects a newly enforced constraint would reject: by Gatekeeper's audit, if there was one.

use serde::Serialize;
use serde_json::Value;

use super::constraint::{Audit, Constraint};
use crate::cluster::change::apply::Decision;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::text;
use crate::cluster::objects::rank::CONSTRAINT_GROUP;

const ACTION: &str = "spec.enforcementAction";

/// The running objects that a constraint would reject if they were created again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// The audit of the same constraint while it did not reject yet; `None` if there was none.
    pub audit: Option<Audit>,
}

/// Returns the forecast of an object that is about to be applied; `None` unless it is a constraint that rejects more than now.
pub(in crate::cluster) fn forecast(
    id: &ObjectId,
    wanted: &Value,
    live: Option<&Value>,
    decision: Option<&Decision>,
) -> Option<Forecast> {
    let refuses = |constraint: &Value| matches!(text(constraint, "/spec/enforcementAction"), "" | "deny");
    if id.group() != CONSTRAINT_GROUP || !refuses(wanted) {
        return None;
    }
    match (decision, live) {
        (Some(Decision::Create), _) | (Some(Decision::Change { .. }), None) => Some(Forecast { audit: None }),
        (Some(Decision::Change { fields }), Some(live)) => {
            let mut rules = fields.iter().filter(|field| field.path.starts_with("spec"));
            let same_rules = rules.clone().all(|field| field.path == ACTION);
            let audit = same_rules.then(|| Constraint::of(id, live).audit).filter(|audit| audit.current);
            rules.next().map(|_| Forecast { audit })
        }
        (Some(Decision::Keep) | None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::install::constraint::tests::id;
    use crate::cluster::objects::compare::differences;
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

    /// Returns how many violations are forecast: `None` if nothing new is rejected, `Some(None)` if there was no audit.
    fn foreseen(wanted: &Value, live: Option<&Value>) -> Option<Option<u64>> {
        let decision = match live {
            None => Decision::Create,
            Some(live) if live["spec"] == wanted["spec"] => Decision::Keep,
            Some(live) => Decision::Change { fields: differences(live, wanted) },
        };
        forecast(&id(), wanted, live, Some(&decision)).map(|forecast| forecast.audit.map(|audit| audit.total))
    }

    #[test]
    fn what_begins_to_refuse_is_reported_as_far_as_the_audit_has_judged() {
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
