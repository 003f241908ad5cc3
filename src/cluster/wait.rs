//! Waits for what a layer promises, says meanwhile what is missing and why, and never waits for ever.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::api::Api;
use super::condition::{applies, missing};
use super::error::ClusterError;
use super::object::ObjectId;
use super::pace::{Pace, Teller, together};
use super::prepare::PreparedObject;
use super::reason::{is_image_problem, reason};
use crate::render::Condition;
use crate::report::Reporter;

/// How often the pods behind a workload are looked at.
const REASON_EVERY: Duration = Duration::from_secs(2);

/// One wait of a layer.
pub(super) struct Wait<'a> {
    pub(super) api: &'a Api,
    pub(super) layer: &'a str,
    pub(super) reporter: &'a dyn Reporter,
}

/// An object that is not ready.
#[derive(Debug, Clone)]
struct Pending<'a> {
    condition: Condition,
    id: &'a ObjectId,
    missing: String,
    object: Option<Value>,
    reason: Option<String>,
}

impl Pending<'_> {
    fn words(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}: {}: {reason}", self.id, self.missing),
            None => format!("{}: {}", self.id, self.missing),
        }
    }
}

impl Wait<'_> {
    /// Waits until the conditions hold for all objects that they apply to.
    ///
    /// # Errors
    ///
    /// When the time is up: with everything that is still missing, or with why the API server could not be asked.
    pub(super) async fn until(
        &self,
        conditions: &[Condition],
        objects: &[PreparedObject<'_>],
        pace: &mut Pace,
    ) -> Result<(), ClusterError> {
        let mut targets = targets(conditions, objects);
        let (mut teller, mut explained) = (Teller::new(self.reporter), Reasons::default());
        loop {
            let round = self.round(&targets).await;
            let pending = match round {
                Ok(pending) if pending.is_empty() => return Ok(()),
                Ok(pending) => self.explain(pending, &mut explained).await,
                Err(error) if pace.left().is_zero() || !error.is_passing() => return Err(error),
                Err(error) => {
                    teller.waiting(error.to_string());
                    pace.again().await;
                    continue;
                }
            };
            teller.waiting(summary(&pending));
            if !pace.again().await {
                return Err(self.not_ready(&pending, pace));
            }
            targets = pending.iter().map(|pending| (pending.condition, pending.id)).collect();
        }
    }

    async fn round<'a>(
        &self,
        targets: &[(Condition, &'a ObjectId)],
    ) -> Result<Vec<Pending<'a>>, ClusterError> {
        let asked = targets.iter().map(|(condition, id)| self.ask(*condition, id));
        let answers: Vec<Option<Pending<'a>>> = together(asked).await?;
        Ok(answers.into_iter().flatten().collect())
    }

    async fn ask<'a>(
        &self,
        condition: Condition,
        id: &'a ObjectId,
    ) -> Result<Option<Pending<'a>>, ClusterError> {
        let object = self.api.get(&id.path()).await?;
        let missing = match &object {
            None => Some("it is gone".to_owned()),
            Some(object) => missing(condition, object),
        };
        Ok(missing.map(|missing| Pending { condition, id, missing, object, reason: None }))
    }

    /// Adds the reasons; they are asked for anew only every few seconds.
    async fn explain<'a>(&self, mut pending: Vec<Pending<'a>>, known: &mut Reasons) -> Vec<Pending<'a>> {
        let stale = known.is_stale();
        for one in pending.iter_mut().filter(|one| one.condition == Condition::RolloutsComplete) {
            if stale && let Some(object) = &one.object {
                // A reason is a courtesy: without the right to read pods the wait goes on.
                known.put(one.id, reason(self.api, object).await.ok().flatten());
            }
            one.reason = known.of(one.id);
        }
        pending
    }

    fn not_ready(&self, pending: &[Pending<'_>], pace: &Pace) -> ClusterError {
        ClusterError::NotReady {
            layer: self.layer.to_owned(),
            waited: pace.waited(),
            pending: pending.iter().map(Pending::words).collect(),
            hint: pending.first().map(hint).unwrap_or_default(),
        }
    }
}

/// The reasons as they were last seen.
#[derive(Default)]
struct Reasons {
    seen: Option<Instant>,
    words: Vec<(ObjectId, Option<String>)>,
}

impl Reasons {
    fn is_stale(&mut self) -> bool {
        let stale = self.seen.is_none_or(|seen| seen.elapsed() >= REASON_EVERY);
        if stale {
            self.seen = Some(Instant::now());
            self.words.clear();
        }
        stale
    }

    fn put(&mut self, id: &ObjectId, words: Option<String>) {
        self.words.push((id.clone(), words));
    }

    fn of(&self, id: &ObjectId) -> Option<String> {
        self.words.iter().find(|(known, _)| known == id).and_then(|(_, words)| words.clone())
    }
}

fn targets<'a>(
    conditions: &[Condition],
    objects: &'a [PreparedObject<'_>],
) -> Vec<(Condition, &'a ObjectId)> {
    let of = |condition: Condition| {
        objects
            .iter()
            .filter(move |object| applies(condition, &object.id.kind))
            .map(move |object| (condition, &object.id))
    };
    conditions.iter().flat_map(|condition| of(*condition)).collect()
}

fn summary(pending: &[Pending<'_>]) -> String {
    match pending {
        [] => String::new(),
        [one] => one.words(),
        [first, rest @ ..] => format!("{} (and {} more)", first.words(), rest.len()),
    }
}

/// Returns the next step for the first object that is not ready.
fn hint(pending: &Pending<'_>) -> String {
    let namespace = pending.id.namespace.as_ref().map(|name| format!(" -n {name}")).unwrap_or_default();
    let describe =
        format!("kubectl{namespace} describe {} {}", pending.id.kind.to_lowercase(), pending.id.name);
    let image = pending.reason.as_ref().is_some_and(|reason| reason.split(": ").any(is_image_problem));
    match pending.condition {
        _ if image => "`bundle push FILE REGISTRY --key PUB` puts every image of the bundle into the registry; the nodes must be set up to ask it (`bundle render` writes their files)".to_owned(),
        Condition::WebhookCertificates | Condition::TemplatesCreated => format!(
            "`{describe}` shows more; the controllers' own words: `kubectl -n gatekeeper-system logs -l gatekeeper.sh/system=yes`"
        ),
        _ => format!("`{describe}` shows more; the same command goes on from here"),
    }
}
