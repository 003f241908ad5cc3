//! Removes objects: only those that this tool created and that are still the same, in reverse order; waits until they are gone.
//!
//! Objects that existed before the install stay; only our fields on them are given up.

use std::time::Duration;

use serde_json::Value;

use super::deletion::{hold, next_step};
use super::fate::{Fate, Judgement, RECREATED, holder, holds_instances, judge};
use super::foreign::{Outgoing, foreign_instance};
use super::found::Found;
use super::options::WithContents;
use super::refusal::is_transient;
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::{Pace, together};
use crate::cluster::api::progress::Progress;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::text;
use crate::cluster::objects::rank::{CONSTRAINT_GROUP, Rank};
use crate::cluster::record::inventory::{Entry, InventoryLayer};
use crate::rendered::Generated;
use crate::report::Reporter;

/// How long what hangs on a deleted object may take to follow it.
const FOLLOWING: Duration = Duration::from_secs(30);

/// The removed objects, and those that stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct RemovalReport {
    /// The objects that were deleted, in that order.
    pub deleted: Vec<ObjectId>,
    /// Objects that existed before the install: our fields on them were given up.
    pub released: Vec<ObjectId>,
    /// Objects that stay, and why.
    pub kept: Vec<(ObjectId, String)>,
    /// Those of them that this tool created: they can be deleted once they hold nothing foreign.
    pub held: Vec<ObjectId>,
    /// Objects that were gone, or had no fields of ours left.
    pub absent: Vec<ObjectId>,
}

/// Returns the objects that the programs of layers create by themselves.
pub(in crate::cluster) fn generated(layers: &[InventoryLayer]) -> Vec<Generated> {
    layers.iter().flat_map(|layer| layer.generates.clone()).collect()
}

/// Removes objects.
pub(in crate::cluster) struct Remover<'a> {
    pub(in crate::cluster) api: &'a Api,
    pub(in crate::cluster) reporter: &'a dyn Reporter,
    /// The objects that the removed programs created.
    pub(in crate::cluster) generated: Vec<Generated>,
    pub(in crate::cluster) asked: &'a WithContents,
}

impl Remover<'_> {
    /// The other objects of the removal are gone by now: only those that the programs created are still there.
    fn outgoing(&self) -> Outgoing<'_> {
        Outgoing { objects: &[], generated: &self.generated }
    }

    /// Removes layers, the last one first.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked or refuses, or when something is still there after the layer's time.
    pub(in crate::cluster) async fn remove(
        &self,
        layers: &[InventoryLayer],
    ) -> Result<RemovalReport, ClusterError> {
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
        let fates: Vec<(Fate, String)> = together(fates).await?;
        let mut outgoing = Vec::new();
        for (entry, (fate, uid)) in group.iter().zip(fates) {
            let id = entry.id.clone();
            match fate {
                Fate::Delete => outgoing.push((id, uid)),
                Fate::Release => report.released.push(id),
                Fate::Keep { reason, held } => {
                    report.held.extend(held.then(|| id.clone()));
                    report.kept.push((id, reason));
                }
                Fate::Forget => report.absent.push(id),
            }
        }
        self.wait_gone(outgoing.clone(), timeout).await?;
        report.deleted.extend(outgoing.into_iter().map(|(id, _)| id));
        Ok(())
    }

    /// Removes an object; returns what happened to it, and the uid that it had.
    async fn remove_one(&self, entry: &Entry) -> Result<(Fate, String), ClusterError> {
        let object = self.api.get(&entry.id.path()).await?.unwrap_or_default();
        let found = (!object.is_null()).then(|| Found::of(&object));
        let fate = match judge(entry, found.as_ref(), self.asked) {
            Judgement::Settled(fate) => fate,
            Judgement::UnlessHeld => Fate::unless_held(self.holder(entry, &object).await?),
        };
        let uid = found.map(|found| found.uid).unwrap_or_default();
        let fate = match fate {
            Fate::Delete => self.delete(&entry.id, &uid).await?,
            Fate::Release => self.release(entry, &uid).await?,
            fate => fate,
        };
        Ok((fate, uid))
    }

    /// Returns what foreign would be deleted with an object, once the garbage collector has deleted owned instances.
    async fn holder(&self, entry: &Entry, object: &Value) -> Result<Option<String>, ClusterError> {
        match entry.rank() {
            Rank::Definition | Rank::Template => {
                let instance = self.lasting_instance(object).await?;
                Ok(instance.map(|instance| holds_instances(&instance)))
            }
            _ => holder(self.api, entry, object, self.outgoing()).await,
        }
    }

    /// Returns an instance that stays: one without an owner, or one whose owner does not go either.
    async fn lasting_instance(&self, definition: &Value) -> Result<Option<String>, ClusterError> {
        let (mut pace, mut progress) = (Pace::within(FOLLOWING), Progress::new(self.reporter));
        loop {
            if let Some(free) = foreign_instance(self.api, definition, false, self.outgoing()).await? {
                return Ok(Some(free));
            }
            let Some(owned) = foreign_instance(self.api, definition, true, self.outgoing()).await? else {
                return Ok(None);
            };
            progress.waiting(format!("{owned} to follow its owner"));
            if !pace.again().await {
                return Ok(Some(owned));
            }
        }
    }

    async fn delete(&self, id: &ObjectId, uid: &str) -> Result<Fate, ClusterError> {
        let foreground = Rank::of(&id.api_version, &id.kind) == Rank::Workload;
        let mut pace = Pace::within(FOLLOWING);
        loop {
            let answer = self.api.delete(id, uid, foreground).await?;
            match answer.status {
                200..=299 => return Ok(Fate::Delete),
                404 => return Ok(Fate::Forget),
                409 if answer.message().contains("UID") => return Ok(Fate::foreign(RECREATED)),
                _ if is_transient(&answer) && pace.again().await => {}
                status => return Err(refused(id, status, answer.message())),
            }
        }
    }

    /// Gives up our fields. The uid keeps an object that is gone from being created again.
    async fn release(&self, entry: &Entry, uid: &str) -> Result<Fate, ClusterError> {
        let mut bare = entry.id.bare();
        bare["metadata"]["uid"] = Value::from(uid);
        let answer = self.api.apply(&entry.id, &bare, false).await?;
        match answer.status {
            200..=299 => Ok(Fate::Release),
            404 | 409 => Ok(Fate::Forget),
            _ => Ok(Fate::foreign(format!("cannot give up our fields on it: {}", answer.message()))),
        }
    }

    pub(in crate::cluster) async fn wait_gone(
        &self,
        mut outgoing: Vec<(ObjectId, String)>,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        let templates = outgoing
            .iter()
            .filter(|(id, _)| id.kind == "ConstraintTemplate")
            .map(|(id, _)| definition_of(id));
        let templates: Vec<_> = templates.map(|id| (id, String::new())).collect();
        outgoing.extend(templates);
        let (mut pace, mut progress) = (Pace::within(limit), Progress::new(self.reporter));
        loop {
            let asked = outgoing.iter().map(|(id, uid)| self.holds(id, uid));
            let held: Vec<Option<String>> = together(asked).await?;
            let remaining: Vec<String> = held.iter().flatten().cloned().collect();
            let Some(first) = remaining.first() else { return Ok(()) };
            progress.waiting(format!("{first} to be deleted"));
            if !pace.again().await {
                let first = outgoing.iter().zip(&held).find(|(_, held)| held.is_some());
                let hint = first.map(|((id, _), _)| next_step(id)).unwrap_or_default();
                return Err(ClusterError::NotGone { waited: pace.waited(), remaining, hint });
            }
            let mut held = held.into_iter();
            outgoing.retain(|_| held.next().flatten().is_some());
        }
    }

    /// Returns what is still there of an object; an object of the same name with another uid is another one.
    async fn holds(&self, id: &ObjectId, uid: &str) -> Result<Option<String>, ClusterError> {
        let object = self.api.get(&id.path()).await?;
        let same = |object: &Value| uid.is_empty() || text(object, "/metadata/uid") == uid;
        Ok(object.filter(same).map(|object| format!("{id}{}", hold(&object))))
    }
}

/// Returns the definition that Gatekeeper created from a template, and deletes with it.
fn definition_of(template: &ObjectId) -> ObjectId {
    let name = format!("{}.{CONSTRAINT_GROUP}", template.name);
    ObjectId::cluster_wide(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        &name,
    )
}

fn refused(id: &ObjectId, status: u16, message: String) -> ClusterError {
    ClusterError::Refused { object: Box::new(id.clone()), file: "inventory".into(), status, message }
}
