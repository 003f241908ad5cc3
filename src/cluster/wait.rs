//! Waits for what a layer promises, says meanwhile what is missing and why, and never waits for ever.
//!
//! Everything is asked for once. Only what is not ready then is watched, with one watch a kind; what a watch cannot tell,
//! or may not, is asked for again and again.

mod hint;
mod look;
mod pending;
mod reasons;
mod watches;

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Cluster;
use super::api::{Api, Change};
use super::condition::{applies, is_in_the_object};
use super::error::ClusterError;
use super::object::ObjectId;
use super::pace::{Pace, Teller};
use super::prepare::PreparedObject;
use crate::render::Condition;
use crate::report::Reporter;
use look::Look;
use pending::{Pending, Target, summary};
use reasons::Reasons;
use watches::Watches;

/// How often what is watched is asked for all the same: a connection that is cut in silence tells nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How long one look may take, though the time be up.
const SHORTEST_LOOK: Duration = Duration::from_secs(10);

/// One wait of a layer.
pub(super) struct Wait<'a> {
    pub(super) api: &'a Api,
    pub(super) layer: &'a str,
    pub(super) reporter: &'a dyn Reporter,
}

impl Wait<'_> {
    /// Waits until the conditions hold for all objects that they apply to.
    ///
    /// # Errors
    ///
    /// When the time is up, or something has failed for good: with everything that is still missing, or with why the API
    /// server could not be asked.
    pub(super) async fn until(
        &self,
        conditions: &[Condition],
        objects: &[PreparedObject<'_>],
        pace: &mut Pace,
    ) -> Result<(), ClusterError> {
        let targets = targets(conditions, objects.iter().map(|object| &object.id));
        let mut teller = Teller::new(self.reporter);
        let first = self.look(&targets, pace, &mut teller).await?;
        let mut pending: Vec<_> = first.into_iter().flatten().collect();
        let watched = pending.iter().filter(|one| is_in_the_object(one.condition)).map(|one| one.id);
        let mut watches = Watches::of(self.api, watched);
        let (mut reasons, mut looked) = (Reasons::default(), Instant::now());
        while !pending.is_empty() {
            let over = pace.left().is_zero() || pending.iter().any(Pending::is_final);
            reasons.explain(self.api, &mut pending, over).await;
            if over {
                return Err(self.not_ready(&pending, pace));
            }
            teller.waiting(summary(&pending));
            pending = self.follow(pending, &mut watches, pace, &mut looked, &mut teller).await?;
        }
        Ok(())
    }

    /// Waits for the next change, or a moment, and returns what is not ready then.
    async fn follow<'t>(
        &self,
        pending: Vec<Pending<'t>>,
        watches: &mut Watches<'_>,
        pace: &mut Pace,
        looked: &mut Instant,
        teller: &mut Teller<'_>,
    ) -> Result<Vec<Pending<'t>>, ClusterError> {
        // What changed before a watch began is seen by looking once more.
        let everything = watches.open(pace).await.unwrap_or(true) || looked.elapsed() >= LOOK_AGAIN;
        if !everything {
            tokio::select! {
                change = watches.next() => match change {
                    Some(change) => return Ok(changed(pending, &change)),
                    None => _ = pace.again().await,
                },
                _ = pace.again() => {}
            }
        }
        let due =
            |one: &Pending<'_>| everything || !is_in_the_object(one.condition) || !watches.tell_of(one.id);
        let targets: Vec<Target<'t>> = pending.iter().filter(|one| due(one)).map(Pending::target).collect();
        if everything {
            *looked = Instant::now();
        }
        let mut answers = self.look(&targets, pace, teller).await?.into_iter();
        let next = |one| if due(&one) { answers.next().flatten() } else { Some(one) };
        Ok(pending.into_iter().filter_map(next).collect())
    }

    /// Looks at objects, again and again while the API server does not answer.
    async fn look<'t>(
        &self,
        targets: &[Target<'t>],
        pace: &mut Pace,
        teller: &mut Teller<'_>,
    ) -> Result<Vec<Option<Pending<'t>>>, ClusterError> {
        loop {
            let longest = pace.left().max(SHORTEST_LOOK);
            let silent = || ClusterError::NoAnswer { server: self.api.server().to_owned(), waited: longest };
            let look = timeout(longest, Look::new(self.api).at(targets)).await;
            match look.unwrap_or_else(|_| Err(silent())) {
                Err(error) if error.is_passing() && !pace.left().is_zero() => {
                    teller.waiting(error.to_string());
                    pace.again().await;
                }
                result => return result,
            }
        }
    }

    fn not_ready(&self, pending: &[Pending<'_>], pace: &Pace) -> ClusterError {
        ClusterError::NotReady {
            layer: self.layer.to_owned(),
            waited: pace.waited(),
            pending: pending.iter().map(Pending::words).collect(),
            hint: hint::next_step(pending),
        }
    }
}

impl Cluster {
    /// Returns what is not as it should be right now, each object with what is missing and why; nothing is waited for.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked.
    pub async fn health(
        &self,
        conditions: &[Condition],
        objects: &[ObjectId],
    ) -> Result<Vec<(ObjectId, String)>, ClusterError> {
        let found = Look::new(&self.api).at(&targets(conditions, objects.iter())).await?;
        let mut pending: Vec<_> = found.into_iter().flatten().collect();
        Reasons::default().explain(&self.api, &mut pending, true).await;
        Ok(pending.iter().map(|one| (one.id.clone(), one.state())).collect())
    }
}

/// Puts a change in the place of what was known of an object.
fn changed<'t>(pending: Vec<Pending<'t>>, change: &Change) -> Vec<Pending<'t>> {
    let next = |one: Pending<'t>| match change {
        Change::Now(object) if one.is_told_by(object) => Pending::judged(one.target(), Some(object)),
        Change::Gone(object) if one.is_told_by(object) => Pending::judged(one.target(), None),
        _ => Some(one),
    };
    pending.into_iter().filter_map(next).collect()
}

fn targets<'t>(conditions: &[Condition], ids: impl Iterator<Item = &'t ObjectId> + Clone) -> Vec<Target<'t>> {
    let of = |condition: &Condition| {
        let condition = *condition;
        ids.clone().filter(move |id| applies(condition, id)).map(move |id| (condition, id))
    };
    conditions.iter().flat_map(of).collect()
}
