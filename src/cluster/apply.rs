//! Applies the objects of a layer: server-side, one field manager, those of one rank at the same time.

use std::time::Duration;

use serde_json::{Value, json};

use super::api::{Answer, Api, FIELD_MANAGER};
use super::applyset::{self, PART_OF};
use super::decide::Decision;
use super::deletion::{hold, still_deleting};
use super::error::ClusterError;
use super::inventory::namespace_id;
use super::lease::Lease;
use super::object::{list, text};
use super::pace::{Pace, Teller, together};
use super::prepare::PreparedObject;
use super::remove::WithContents;
use crate::report::Reporter;

/// The label that says who made an object.
pub(super) const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// How long a refusal is taken for the cluster still settling: a kind not served yet, a webhook not answering yet.
pub(super) const SETTLING: Duration = Duration::from_secs(30);

/// How objects are applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Takes over fields that belong to other managers.
    pub force_conflicts: bool,
    /// What goes with whatever is in it, once the bundle no longer has it.
    pub delete_with_contents: WithContents,
}

/// What applying did to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there before.
    Created,
    /// It is another than before.
    Changed,
    /// Nothing changed.
    Unchanged,
}

/// An object as it was before.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) uid: String,
    pub(super) ours: bool,
    pub(super) deleting: bool,
    /// Whether everything that is to be applied is on it already.
    pub(super) holds: bool,
    /// Whether it has the labels of what this tool made.
    pub(super) labelled: bool,
    /// The object itself, where it was looked up to be compared.
    pub(super) live: Value,
    /// The fields that are ours.
    pub(super) fields: Option<Value>,
}

impl Found {
    pub(super) fn of(object: &Value) -> Self {
        let fields = list(object, "/metadata/managedFields")
            .iter()
            .find(|entry| text(entry, "/manager") == FIELD_MANAGER && text(entry, "/operation") == "Apply")
            .map(|entry| entry["fieldsV1"].clone());
        Self {
            uid: text(object, "/metadata/uid").to_owned(),
            ours: fields.is_some(),
            deleting: object.pointer("/metadata/deletionTimestamp").is_some(),
            holds: false,
            labelled: is_labelled(object),
            live: Value::Null,
            fields,
        }
    }

    /// Keeps the object, too.
    pub(super) fn compared(object: Value) -> Self {
        let found = Self::of(&object);
        Self { live: object, ..found }
    }
}

/// What the inventory knows of an object before it is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// We are its maker, or will be.
    pub(super) ours: bool,
    /// The same content was applied last, and is on it still. It need not be sent again, and must not: a webhook whose
    /// pods are down would refuse even that, and so keep the install that repairs it from going on.
    pub(super) settled: bool,
}

/// An object as it is now.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) uid: String,
    pub(super) created: bool,
    pub(super) outcome: Outcome,
}

/// Applies objects, and knows how.
pub(super) struct Applier<'a> {
    pub(super) api: &'a Api,
    pub(super) options: &'a ApplyOptions,
    /// How long a refusal is taken for the cluster still settling.
    pub(super) patience: Duration,
    /// What is taken before anything is changed; a planner changes nothing, and has none.
    pub(super) lease: Option<&'a Lease<'a>>,
    pub(super) reporter: &'a dyn Reporter,
}

/// Whether what is sent is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    Real,
    Dry,
}

impl Applier<'_> {
    /// Looks up objects that may be there.
    pub(super) async fn look_up(
        &self,
        objects: &[PreparedObject<'_>],
    ) -> Result<Vec<Option<Found>>, ClusterError> {
        let found = objects.iter().map(|object| async {
            let found = self.api.get(&object.id.path()).await?;
            Ok(found.map(|live| Found { holds: contains(&live, object.value), ..Found::compared(live) }))
        });
        together(found).await
    }

    /// Applies objects of one rank.
    pub(super) async fn apply(
        &self,
        objects: &[PreparedObject<'_>],
        found: &[Option<Found>],
        standings: &[Standing],
    ) -> Result<Vec<Applied>, ClusterError> {
        let applied = objects
            .iter()
            .zip(found.iter().zip(standings))
            .map(|(object, (found, standing))| self.apply_one(object, found.as_ref(), *standing));
        together(applied).await
    }

    async fn apply_one(
        &self,
        object: &PreparedObject<'_>,
        found: Option<&Found>,
        standing: Standing,
    ) -> Result<Applied, ClusterError> {
        let ours = standing.ours;
        if let (Some(found), Decision::Keep) = (found, self.decide(object, found, standing).await?) {
            return Ok(Applied { uid: found.uid.clone(), created: ours, outcome: Outcome::Unchanged });
        }
        if let Some(lease) = self.lease {
            lease.take().await?;
        }
        let answer = self.settled(object, &sent(object, ours), Run::Real).await?;
        let outcome = if answer.status == 201 { Outcome::Created } else { Outcome::Changed };
        // Somebody else made it between our look and our request: it is theirs.
        let created = outcome == Outcome::Created || (ours && found.is_some());
        Ok(Applied { uid: Found::of(&answer.body).uid, created, outcome })
    }

    /// Sends an object, and again while the cluster has yet to settle.
    pub(super) async fn settled(
        &self,
        object: &PreparedObject<'_>,
        value: &Value,
        run: Run,
    ) -> Result<Answer, ClusterError> {
        let (mut pace, mut teller) = (Pace::within(self.patience), Teller::new(self.reporter));
        let force = self.options.force_conflicts;
        loop {
            let answer = match run {
                Run::Real => self.api.apply(&object.id, value, force).await?,
                Run::Dry => self.api.apply_dry_run(&object.id, value, force).await?,
            };
            if answer.is_success() {
                return Ok(answer);
            }
            if !is_passing(&answer) || !pace.again().await {
                return Err(refusal(object, &answer));
            }
            teller.waiting(format!("{}: {}", object.id, answer.message()));
        }
    }
}

/// Tells whether an object has everything that another one says. Where the API server writes a value in another way, it
/// has not: then it is applied again, and nothing changes.
fn contains(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => wanted.iter().all(|(key, wanted)| {
            wanted.is_null() || live.get(key).is_some_and(|live| contains(live, wanted))
        }),
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| contains(live, wanted))
        }
        _ => live == wanted,
    }
}

/// Makes a namespace unless it is there; returns whether it is ours.
pub(super) async fn ensure_namespace(api: &Api, name: &str) -> Result<bool, ClusterError> {
    let id = namespace_id(name);
    let mut pace = Pace::within(SETTLING);
    loop {
        let Some(value) = api.get(&id.path()).await? else { break };
        match Found::of(&value) {
            found if !found.deleting => return Ok(found.ours),
            _ if pace.again().await => {}
            _ => return Err(still_deleting(&id, hold(&value), pace.waited())),
        }
    }
    let answer = api.apply(&id, &managed(&id.bare()), false).await?;
    if answer.is_success() {
        return Ok(answer.status == 201);
    }
    let (status, message) = (answer.status, answer.message());
    Err(ClusterError::Refused { object: Box::new(id), file: "inventory".into(), status, message })
}

/// Returns an object as it is sent: with our label where it is ours.
pub(super) fn sent(object: &PreparedObject<'_>, ours: bool) -> Value {
    if ours { labelled(object.value) } else { object.value.clone() }
}

/// Returns the object with our labels: who made it, unless somebody has already said who manages it, and what it is part of.
fn labelled(object: &Value) -> Value {
    let mut object = managed(object);
    object["metadata"]["labels"][PART_OF] = Value::from(applyset::id());
    object
}

fn managed(object: &Value) -> Value {
    let mut object = object.clone();
    if !object["metadata"]["labels"].is_object() {
        object["metadata"]["labels"] = json!({});
    }
    if let Some(labels) = object["metadata"]["labels"].as_object_mut() {
        labels.entry(MANAGED_BY).or_insert_with(|| Value::from(FIELD_MANAGER));
    }
    object
}

fn is_labelled(object: &Value) -> bool {
    let labels = &object["metadata"]["labels"];
    labels[MANAGED_BY].is_string() && labels[PART_OF].as_str() == Some(&applyset::id())
}

/// Tells whether a refusal may be gone in a moment.
pub(super) fn is_passing(answer: &Answer) -> bool {
    match answer.status {
        404 => answer.is_not_served(),
        409 => field_conflicts(answer).is_empty(),
        500 => answer.message().contains("failed calling webhook"),
        429 | 503 | 504 => true,
        _ => false,
    }
}

pub(super) fn refusal(object: &PreparedObject<'_>, answer: &Answer) -> ClusterError {
    let (id, file, fields) = (object.id.clone(), object.file.to_owned(), field_conflicts(answer));
    match answer.status {
        404 if answer.is_not_served() => {
            ClusterError::UnknownKind { file, api_version: id.api_version, kind: id.kind }
        }
        409 if !fields.is_empty() => ClusterError::Conflict { object: Box::new(id), file, fields },
        status => ClusterError::Refused { object: Box::new(id), file, status, message: answer.message() },
    }
}

/// Returns the fields that belong to others, and the server's words about each.
fn field_conflicts(answer: &Answer) -> Vec<(String, String)> {
    list(&answer.body, "/details/causes")
        .iter()
        .filter(|cause| text(cause, "/reason") == "FieldManagerConflict")
        .map(|cause| (text(cause, "/field").to_owned(), text(cause, "/message").to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_contains_what_it_says_and_defaults_do_not_matter() {
        let live = json!({"a": 1, "b": {"c": "d", "default": true}, "list": [{"x": 1, "y": 2}]});
        for (wanted, contained) in [
            (json!({"a": 1, "b": {"c": "d"}}), true),
            (json!({"a": 1, "creationTimestamp": null}), true),
            (json!({"list": [{"x": 1}]}), true),
            (json!({"list": []}), false),
            (json!({"b": {"c": "e"}}), false),
            (json!({"z": 1}), false),
        ] {
            assert_eq!(contains(&live, &wanted), contained, "{wanted}");
        }
    }
}
