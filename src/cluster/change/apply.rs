//! Applies objects: decides about each by its record or else by a dry run, and sends only those that would change.
//!
//! The plan and the install decide here, so that an install does what its plan says. Objects of one rank are applied at the
//! same time, server-side, under one field manager.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::found::{Found, labelled};
use super::options::ApplyOptions;
use super::prepare::PreparedObject;
use super::refusal::{is_transient, refusal};
use crate::cluster::api::answer::Answer;
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::{Pace, together};
use crate::cluster::api::progress::Progress;
use crate::cluster::objects::compare::{FieldChange, differences};
use crate::cluster::objects::json::text;
use crate::cluster::record::lease::Lease;
use crate::report::Reporter;

/// How long a refusal is retried while the cluster may still be settling: a kind not served yet, a webhook not answering yet.
pub(in crate::cluster) const SETTLING: Duration = Duration::from_secs(30);

/// How often an object is read again that others change between the read and the dry run.
const MOVED_ON: usize = 3;

/// What is to be done with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "action")]
pub enum Decision {
    /// It does not exist: it is created.
    Create,
    /// It exists, and changes.
    Change {
        /// The fields that change; none if only the ownership of fields changes.
        fields: Vec<FieldChange>,
    },
    /// It is up to date.
    Keep,
}

/// The outcome of applying an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It changed.
    Changed,
    /// Nothing changed.
    Unchanged,
}

/// What the inventory says about an object before it is applied.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) struct Ownership {
    /// This tool created it, or will.
    pub(in crate::cluster) ours: bool,
    /// The same content was applied last, and is unchanged. It must not be sent again: a webhook whose pods are down would
    /// refuse even that, and so block the install that repairs it.
    pub(in crate::cluster) settled: bool,
}

/// An object after it was applied.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Applied {
    pub(in crate::cluster) uid: String,
    pub(in crate::cluster) created: bool,
    pub(in crate::cluster) outcome: Outcome,
}

/// Applies objects, and knows how.
pub(in crate::cluster) struct Applier<'a> {
    pub(in crate::cluster) api: &'a Api,
    pub(in crate::cluster) options: &'a ApplyOptions,
    /// How long transient refusals are retried.
    pub(in crate::cluster) patience: Duration,
    /// The Lease, taken before the first change; a planner changes nothing, and has none.
    pub(in crate::cluster) lease: Option<&'a Lease<'a>>,
    pub(in crate::cluster) reporter: &'a dyn Reporter,
}

/// Whether the API server stores what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cluster) enum Run {
    Real,
    Dry,
}

impl Applier<'_> {
    /// Reads the live objects; `None` for missing ones.
    pub(in crate::cluster) async fn look_up(
        &self,
        objects: &[PreparedObject<'_>],
    ) -> Result<Vec<Option<Found>>, ClusterError> {
        let found = objects.iter().map(|object| async {
            let found = self.api.get(&object.id.path()).await?;
            Ok(found.map(|live| Found::against(object.value, live)))
        });
        together(found).await
    }

    /// Applies objects of one rank.
    pub(in crate::cluster) async fn apply(
        &self,
        objects: &[PreparedObject<'_>],
        found: &[Option<Found>],
        ownerships: &[Ownership],
    ) -> Result<Vec<Applied>, ClusterError> {
        let applied = objects
            .iter()
            .zip(found.iter().zip(ownerships))
            .map(|(object, (found, ownership))| self.apply_one(object, found.as_ref(), *ownership));
        together(applied).await
    }

    async fn apply_one(
        &self,
        object: &PreparedObject<'_>,
        found: Option<&Found>,
        ownership: Ownership,
    ) -> Result<Applied, ClusterError> {
        let ours = ownership.ours;
        if let (Some(found), Decision::Keep) = (found, self.decide(object, found, ownership).await?) {
            return Ok(Applied { uid: found.uid.clone(), created: ours, outcome: Outcome::Unchanged });
        }
        if let Some(lease) = self.lease {
            lease.take().await?;
        }
        let answer = self.settled(object, &sent(object, ours), Run::Real).await?;
        let outcome = if answer.status == 201 { Outcome::Created } else { Outcome::Changed };
        // If another client created it after our read, it is foreign.
        let created = outcome == Outcome::Created || (ours && found.is_some());
        Ok(Applied { uid: Found::of(&answer.body).uid, created, outcome })
    }

    /// Sends an object, and retries transient refusals.
    pub(in crate::cluster) async fn settled(
        &self,
        object: &PreparedObject<'_>,
        value: &Value,
        run: Run,
    ) -> Result<Answer, ClusterError> {
        let (mut pace, mut progress) = (Pace::within(self.patience), Progress::new(self.reporter));
        let force = self.options.force_conflicts;
        loop {
            let answer = match run {
                Run::Real => self.api.apply(&object.id, value, force).await?,
                Run::Dry => self.api.apply_dry_run(&object.id, value, force).await?,
            };
            if answer.is_success() {
                return Ok(answer);
            }
            if !is_transient(&answer) || !pace.again().await {
                return Err(refusal(&object.id, object.file, &answer));
            }
            progress.waiting(format!("{}: {}", object.id, answer.message()));
        }
    }

    /// Decides what is to be done with an object.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or refuses the dry run.
    pub(in crate::cluster) async fn decide(
        &self,
        object: &PreparedObject<'_>,
        found: Option<&Found>,
        ownership: Ownership,
    ) -> Result<Decision, ClusterError> {
        let Some(found) = found else { return Ok(Decision::Create) };
        if ownership.settled {
            return Ok(Decision::Keep);
        }
        let wanted = sent(object, ownership.ours);
        let (mut before, mut answer) = (found.clone(), self.settled(object, &wanted, Run::Dry).await?);
        for _ in 0..MOVED_ON {
            if version(&before.live) == version(&answer.body) {
                break;
            }
            let Some(live) = self.api.get(&object.id.path()).await? else { return Ok(Decision::Create) };
            (before, answer) = (Found::compared(live), self.settled(object, &wanted, Run::Dry).await?);
        }
        let fields = differences(&before.live, &answer.body);
        let same = fields.is_empty() && before.fields == Found::of(&answer.body).fields;
        Ok(if same { Decision::Keep } else { Decision::Change { fields } })
    }
}
/// A dry run answers with the version that it was based on.
fn version(object: &Value) -> &str {
    text(object, "/metadata/resourceVersion")
}

/// Returns the object to send: with our labels if this tool creates it.
fn sent(object: &PreparedObject<'_>, ours: bool) -> Value {
    if ours { labelled(object.value) } else { object.value.clone() }
}
