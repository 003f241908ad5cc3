//! An object that is not ready: what is missing, why, and the part of it that is needed to find that out.

use serde_json::{Value, json};

use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::text;
use crate::cluster::readiness::condition::{applies, is_in_the_object, missing};
use crate::cluster::readiness::reason::{Cause, Reason};
use crate::rendered::Condition;

/// A condition, and the object that must meet it.
pub(super) type Target<'t> = (Condition, &'t ObjectId);

/// Returns each object with each condition that applies to it.
pub(super) fn targets<'t>(
    conditions: &[Condition],
    ids: impl Iterator<Item = &'t ObjectId> + Clone,
) -> Vec<Target<'t>> {
    let of = |condition: &Condition| {
        let condition = *condition;
        ids.clone().filter(move |id| applies(condition, id)).map(move |id| (condition, id))
    };
    conditions.iter().flat_map(of).collect()
}

/// An object that is not ready.
#[derive(Debug, Clone)]
pub(super) struct Pending<'t> {
    pub(super) condition: Condition,
    pub(super) id: &'t ObjectId,
    pub(super) missing: Reason,
    /// The selector of its pods, if it has any.
    pub(super) workload: Option<Value>,
    /// Why something is missing, as far as it has been found out.
    pub(super) reason: Option<Reason>,
}

impl<'t> Pending<'t> {
    /// Reads an object; `None` when it is ready.
    pub(super) fn judged(target: Target<'t>, object: Option<&Value>) -> Option<Self> {
        let missing = match object {
            Some(object) => missing(target.0, object)?,
            None => Reason::new(Cause::Gone, "it is missing"),
        };
        Some(Self::new(target, missing, object))
    }

    pub(super) fn new((condition, id): Target<'t>, missing: Reason, object: Option<&Value>) -> Self {
        let has_pods = matches!(condition, Condition::RolloutsComplete | Condition::JobsComplete);
        let workload = object.filter(|_| has_pods).map(|object| essence(id, object));
        Self { condition, id, missing, workload, reason: None }
    }

    pub(super) fn target(&self) -> Target<'t> {
        (self.condition, self.id)
    }

    /// Tells whether a watched object is this one, and tells whether it is ready.
    pub(super) fn is_told_by(&self, object: &Value) -> bool {
        is_in_the_object(self.condition)
            && text(object, "/apiVersion") == self.id.api_version
            && text(object, "/kind") == self.id.kind
            && text(object, "/metadata/name") == self.id.name
            && text(object, "/metadata/namespace") == self.id.namespace.as_deref().unwrap_or_default()
    }

    /// Tells whether waiting does not help.
    pub(super) fn is_final(&self) -> bool {
        self.missing.cause == Cause::Failed
    }

    /// Returns the cause that says most.
    pub(super) fn cause(&self) -> &Cause {
        match &self.reason {
            Some(reason) if self.missing.cause == Cause::Other => &reason.cause,
            _ => &self.missing.cause,
        }
    }

    /// Says what is missing, and why.
    pub(super) fn state(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}: {}", self.missing.words, reason.words),
            None => self.missing.words.clone(),
        }
    }

    /// Names the object, and says what is missing and why.
    pub(super) fn words(&self) -> String {
        format!("{}: {}", self.id, self.state())
    }
}

/// Says of the first object what is missing, and how many more there are.
pub(super) fn summary(pending: &[Pending<'_>]) -> String {
    match pending {
        [] => String::new(),
        [one] => one.words(),
        [first, rest @ ..] => format!("{} (and {} more)", first.words(), rest.len()),
    }
}

fn essence(id: &ObjectId, workload: &Value) -> Value {
    json!({
        "kind": id.kind, "metadata": {"name": id.name, "namespace": id.namespace},
        "spec": {"selector": workload.pointer("/spec/selector")},
        "status": {"conditions": workload.pointer("/status/conditions")},
    })
}
