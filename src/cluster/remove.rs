//! Takes objects away: only those that this tool made and that are still the same, in reverse order, each until it is gone.
//!
//! Whatever was there before the install keeps living; only our fields on it are given up.

use std::time::Duration;

use serde_json::Value;

use super::api::Api;
use super::apply::{Found, is_passing};
use super::deletion::{hold, next_step};
use super::error::ClusterError;
use super::guests::{Leaving, guest, instance};
use super::inventory::{Entry, InventoryLayer};
use super::object::{ObjectId, text};
use super::order::{CONSTRAINT_GROUP, Rank};
use super::pace::{Pace, Teller, together};
use crate::rendered::Generated;
use crate::report::Reporter;

/// How long what hangs on a deleted object may take to follow it.
const FOLLOWING: Duration = Duration::from_secs(30);

/// What was taken away, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct RemovalReport {
    /// The objects that were deleted, in that order.
    pub deleted: Vec<ObjectId>,
    /// Objects that were there before the install: our fields on them were given up.
    pub released: Vec<ObjectId>,
    /// Objects that were left, and why.
    pub kept: Vec<(ObjectId, String)>,
    /// Those of them that this tool made: they go once nothing of others is in them.
    pub held: Vec<ObjectId>,
    /// Objects that were gone already.
    pub absent: Vec<ObjectId>,
}

/// What happened to one object.
enum Fate {
    Deleted(String),
    Released,
    Held(String),
    Kept(String),
    Absent,
}

/// Objects that go with whatever is in them, because somebody asked for it: `KIND/NAME` or `KIND/NAMESPACE/NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WithContents(pub Vec<String>);

impl WithContents {
    /// Tells whether an object was named.
    pub(super) fn names(&self, id: &ObjectId) -> bool {
        let title = id.to_string().replacen(' ', "/", 1);
        self.0.iter().any(|asked| asked.eq_ignore_ascii_case(&title))
    }
}

/// Returns what the programs of layers make by themselves.
pub(super) fn generated(layers: &[InventoryLayer]) -> Vec<Generated> {
    layers.iter().flat_map(|layer| layer.generates.clone()).collect()
}

/// Whose an object is that is to go.
pub(super) enum Claim {
    /// This tool made it.
    Ours,
    /// It was there before, and has fields of ours.
    Shared,
    /// It is not the one that was applied; and why.
    Others(String),
}

/// Tells whose an object is by what the inventory has of it.
pub(super) fn claim(entry: &Entry, found: &Found) -> Claim {
    match &entry.uid {
        _ if !entry.created => Claim::Shared,
        Some(uid) if *uid != found.uid => Claim::Others("somebody else made it again".into()),
        None if !found.ours => Claim::Others("somebody else made it".into()),
        _ => Claim::Ours,
    }
}

/// Returns what of others would go with an object; what is leaving too is nobody's loss.
pub(super) async fn free_holder(
    api: &Api,
    entry: &Entry,
    object: &Value,
    leaving: Leaving<'_>,
) -> Result<Option<String>, ClusterError> {
    match entry.rank() {
        Rank::Namespace => {
            let guest = guest(api, &entry.id.name, leaving).await?;
            Ok(guest.map(|guest| format!("it still has objects of others: {guest}")))
        }
        Rank::Definition | Rank::Template => {
            let instance = instance(api, object, false, leaving).await?;
            Ok(instance.map(|instance| held_by_instance(&instance)))
        }
        _ if entry.id.kind == "PersistentVolumeClaim" => Ok(Some("it holds data".into())),
        _ => Ok(None),
    }
}

fn held_by_instance(instance: &str) -> String {
    format!("it still has instances of others: {instance}")
}

/// Takes objects away.
pub(super) struct Remover<'a> {
    pub(super) api: &'a Api,
    pub(super) reporter: &'a dyn Reporter,
    /// What was made by the programs that go.
    pub(super) generated: Vec<Generated>,
    pub(super) asked: &'a WithContents,
}

impl Remover<'_> {
    /// What else leaves has left before: only what the programs made is still there.
    fn leaving(&self) -> Leaving<'_> {
        Leaving { objects: &[], generated: &self.generated }
    }

    /// Takes layers away, the last one first.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked or refuses, or when something is still there after the layer's time.
    pub(super) async fn remove(&self, layers: &[InventoryLayer]) -> Result<RemovalReport, ClusterError> {
        let mut report = RemovalReport::default();
        for layer in layers.iter().rev() {
            let mut entries: Vec<&Entry> = layer.objects.iter().collect();
            entries.sort_by_key(|entry| entry.rank().removal());
            let timeout = Duration::from_secs(layer.timeout).max(FOLLOWING);
            for group in entries.chunk_by(|one, other| one.rank() == other.rank()) {
                self.remove_group(group, timeout, &mut report).await?;
            }
        }
        Ok(report)
    }

    async fn remove_group(
        &self,
        group: &[&Entry],
        timeout: Duration,
        report: &mut RemovalReport,
    ) -> Result<(), ClusterError> {
        let fates = group.iter().map(|entry| self.remove_one(entry));
        let fates: Vec<Fate> = together(fates).await?;
        let mut leaving = Vec::new();
        for (entry, fate) in group.iter().zip(fates) {
            let id = entry.id.clone();
            match fate {
                Fate::Deleted(uid) => leaving.push((id, uid)),
                Fate::Released => report.released.push(id),
                Fate::Kept(reason) => report.kept.push((id, reason)),
                Fate::Held(reason) => {
                    report.held.push(id.clone());
                    report.kept.push((id, reason));
                }
                Fate::Absent => report.absent.push(id),
            }
        }
        self.wait_gone(leaving.clone(), timeout).await?;
        report.deleted.extend(leaving.into_iter().map(|(id, _)| id));
        Ok(())
    }

    async fn remove_one(&self, entry: &Entry) -> Result<Fate, ClusterError> {
        let Some(object) = self.api.get(&entry.id.path()).await? else { return Ok(Fate::Absent) };
        let found = Found::of(&object);
        match claim(entry, &found) {
            Claim::Others(reason) => Ok(Fate::Kept(reason)),
            Claim::Shared => self.release(entry, &found).await,
            Claim::Ours if self.asked.names(&entry.id) => self.delete(&entry.id, found.uid).await,
            Claim::Ours => match self.holder(entry, &object).await? {
                Some(reason) => Ok(Fate::Held(reason)),
                None => self.delete(&entry.id, found.uid).await,
            },
        }
    }

    /// Returns what of others would go with an object, once what follows its owner has gone.
    async fn holder(&self, entry: &Entry, object: &Value) -> Result<Option<String>, ClusterError> {
        match entry.rank() {
            Rank::Definition | Rank::Template => {
                let instance = self.lasting_instance(object).await?;
                Ok(instance.map(|instance| held_by_instance(&instance)))
            }
            _ => free_holder(self.api, entry, object, self.leaving()).await,
        }
    }

    /// Returns an instance that stays: one without an owner, or one whose owner does not go either.
    async fn lasting_instance(&self, definition: &Value) -> Result<Option<String>, ClusterError> {
        let (mut pace, mut teller) = (Pace::within(FOLLOWING), Teller::new(self.reporter));
        loop {
            if let Some(free) = instance(self.api, definition, false, self.leaving()).await? {
                return Ok(Some(free));
            }
            let Some(owned) = instance(self.api, definition, true, self.leaving()).await? else {
                return Ok(None);
            };
            teller.waiting(format!("{owned} to follow its owner"));
            if !pace.again().await {
                return Ok(Some(owned));
            }
        }
    }

    async fn delete(&self, id: &ObjectId, uid: String) -> Result<Fate, ClusterError> {
        let foreground = Rank::of(&id.api_version, &id.kind) == Rank::Workload;
        let mut pace = Pace::within(FOLLOWING);
        loop {
            let answer = self.api.delete(id, &uid, foreground).await?;
            match answer.status {
                200..=299 => return Ok(Fate::Deleted(uid)),
                404 => return Ok(Fate::Absent),
                409 if answer.message().contains("UID") => {
                    return Ok(Fate::Kept("somebody else made it again".into()));
                }
                _ if is_passing(&answer) && pace.again().await => {}
                status => return Err(refused(id, status, answer.message())),
            }
        }
    }

    /// Gives up our fields. The uid keeps an object that is gone from being made anew.
    async fn release(&self, entry: &Entry, found: &Found) -> Result<Fate, ClusterError> {
        if !found.ours {
            return Ok(Fate::Released);
        }
        let mut bare = entry.id.bare();
        bare["metadata"]["uid"] = Value::from(found.uid.as_str());
        let answer = self.api.apply(&entry.id, &bare, false).await?;
        match answer.status {
            200..=299 => Ok(Fate::Released),
            404 | 409 => Ok(Fate::Absent),
            _ => Ok(Fate::Kept(format!("our fields on it could not be given up: {}", answer.message()))),
        }
    }

    pub(super) async fn wait_gone(
        &self,
        mut leaving: Vec<(ObjectId, String)>,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        let templates =
            leaving.iter().filter(|(id, _)| id.kind == "ConstraintTemplate").map(|(id, _)| definition_of(id));
        let templates: Vec<_> = templates.map(|id| (id, String::new())).collect();
        leaving.extend(templates);
        let (mut pace, mut teller) = (Pace::within(limit), Teller::new(self.reporter));
        loop {
            let asked = leaving.iter().map(|(id, uid)| self.holds(id, uid));
            let held: Vec<Option<String>> = together(asked).await?;
            let remaining: Vec<String> = held.iter().flatten().cloned().collect();
            let Some(first) = remaining.first() else { return Ok(()) };
            teller.waiting(format!("{first} to go"));
            if !pace.again().await {
                let first = leaving.iter().zip(&held).find(|(_, held)| held.is_some());
                let hint = first.map(|((id, _), _)| next_step(id)).unwrap_or_default();
                return Err(ClusterError::NotGone { waited: pace.waited(), remaining, hint });
            }
            let mut held = held.into_iter();
            leaving.retain(|_| held.next().flatten().is_some());
        }
    }

    /// Returns what is still there of an object; an object of the same name with another uid is another one.
    async fn holds(&self, id: &ObjectId, uid: &str) -> Result<Option<String>, ClusterError> {
        let object = self.api.get(&id.path()).await?;
        let same = |object: &Value| uid.is_empty() || text(object, "/metadata/uid") == uid;
        Ok(object.filter(same).map(|object| format!("{id}{}", hold(&object))))
    }
}

/// Returns the definition that Gatekeeper made from a template, and takes away with it.
fn definition_of(template: &ObjectId) -> ObjectId {
    ObjectId {
        api_version: "apiextensions.k8s.io/v1".into(),
        kind: "CustomResourceDefinition".into(),
        resource: "customresourcedefinitions".into(),
        namespace: None,
        name: format!("{}.{CONSTRAINT_GROUP}", template.name),
    }
}

fn refused(id: &ObjectId, status: u16, message: String) -> ClusterError {
    ClusterError::Refused { object: Box::new(id.clone()), file: "inventory".into(), status, message }
}
