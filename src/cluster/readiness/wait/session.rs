//! One wait from its first look to its end: what is not ready, the watches of it, and its time.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::hint;
use super::look::Look;
use super::pending::{Pending, Target, summary, targets};
use super::reasons::Reasons;
use super::watches::Watches;
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::Pace;
use crate::cluster::api::progress::Progress;
use crate::cluster::api::watch::Change;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::readiness::condition::is_in_the_object;
use crate::rendered::Condition;
use crate::report::Reporter;

/// How often watched objects are read anyway: a silently cut connection reports nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How long one read may take, even if the time is up.
const SHORTEST_LOOK: Duration = Duration::from_secs(10);

/// One wait of a layer.
pub(in crate::cluster) struct Wait<'a> {
    pub(in crate::cluster) api: &'a Api,
    pub(in crate::cluster) layer: &'a str,
    pub(in crate::cluster) reporter: &'a dyn Reporter,
}

impl Wait<'_> {
    /// Waits until the conditions hold for all objects that they apply to.
    ///
    /// # Errors
    ///
    /// When the time is up, or something has failed for good: with everything that is still missing, or with why the API
    /// server could not be asked.
    pub(in crate::cluster) async fn until(
        &self,
        conditions: &[Condition],
        ids: impl Iterator<Item = &'_ ObjectId> + Clone,
        pace: &mut Pace,
    ) -> Result<(), ClusterError> {
        let targets = targets(conditions, ids);
        WaitSession::begin(self, &targets, pace).await?.end().await
    }
}

/// One wait that is under way.
pub(super) struct WaitSession<'a, 't> {
    wait: &'a Wait<'a>,
    pace: &'a mut Pace,
    progress: Progress<'a>,
    watches: Watches<'a>,
    pending: Vec<Pending<'t>>,
    /// When all objects were last read; `None` if they must be read again.
    looked: Option<Instant>,
}

impl<'a, 't> WaitSession<'a, 't> {
    /// Looks once, and prepares to watch what is not ready.
    pub(super) async fn begin(
        wait: &'a Wait<'a>,
        targets: &[Target<'t>],
        pace: &'a mut Pace,
    ) -> Result<Self, ClusterError> {
        let (progress, watches) = (Progress::new(wait.reporter), Watches::none(wait.api));
        let mut session =
            Self { wait, pace, progress, watches, pending: Vec::new(), looked: Some(Instant::now()) };
        session.pending = session.look(targets).await?.into_iter().flatten().collect();
        let watched = session.pending.iter().filter(|one| is_in_the_object(one.condition));
        watched.for_each(|one| session.watches.include(one.id));
        Ok(session)
    }

    /// Waits until nothing is missing.
    pub(super) async fn end(mut self) -> Result<(), ClusterError> {
        let mut reasons = Reasons::default();
        while !self.pending.is_empty() {
            let over = self.pace.left().is_zero() || self.pending.iter().any(Pending::is_final);
            reasons.explain(self.wait.api, &mut self.pending, over).await;
            if over {
                return Err(self.not_ready());
            }
            self.progress.waiting(summary(&self.pending));
            match self.next().await {
                Some(change) => self.take(&change),
                None => self.look_again().await?,
            }
        }
        Ok(())
    }

    /// Waits for a change, or a moment: then there is nothing to know but by looking.
    async fn next(&mut self) -> Option<Change> {
        match self.watches.open(self.pace).await {
            Ok(false) => tokio::select! {
                change = self.watches.next() => match change {
                    Some(change) => return Some(change),
                    None => _ = self.pace.again().await,
                },
                _ = self.pace.again() => {}
            },
            // Changes from before the watch are seen by reading once more.
            Ok(true) => self.looked = None,
            Err(_) => _ = self.pace.again().await,
        }
        None
    }

    /// Puts a change in the place of what was known of an object.
    fn take(&mut self, change: &Change) {
        let next = |one: Pending<'t>| match change {
            Change::Now(object) if one.is_told_by(object) => Pending::judged(one.target(), Some(object)),
            Change::Gone(object) if one.is_told_by(object) => Pending::judged(one.target(), None),
            _ => Some(one),
        };
        self.pending = self.pending.drain(..).filter_map(next).collect();
    }

    /// Looks at what no watch tells of; now and then at everything.
    async fn look_again(&mut self) -> Result<(), ClusterError> {
        let due = self.due();
        let targets = self.pending.iter().zip(&due).filter(|(_, due)| **due).map(|(one, _)| one.target());
        let targets: Vec<Target<'t>> = targets.collect();
        let mut found = self.look(&targets).await?.into_iter();
        let next = |(one, due)| if due { found.next().flatten() } else { Some(one) };
        self.pending = self.pending.drain(..).zip(due).filter_map(next).collect();
        Ok(())
    }

    /// Returns which of the pending objects have to be looked at.
    fn due(&mut self) -> Vec<bool> {
        let everything = self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_AGAIN);
        if everything {
            self.looked = Some(Instant::now());
        }
        let is_told = |one: &Pending<'_>| is_in_the_object(one.condition) && self.watches.tell_of(one.id);
        self.pending.iter().map(|one| everything || !is_told(one)).collect()
    }

    /// Looks at objects, again and again while the API server does not answer.
    async fn look(&mut self, targets: &[Target<'t>]) -> Result<Vec<Option<Pending<'t>>>, ClusterError> {
        loop {
            let longest = self.pace.left().max(SHORTEST_LOOK);
            let look = timeout(longest, Look::new(self.wait.api).at(targets)).await;
            match look.unwrap_or_else(|_| Err(self.no_answer(longest))) {
                Err(error) if error.is_transient() && !self.pace.left().is_zero() => {
                    self.progress.waiting(error.to_string());
                    self.pace.again().await;
                }
                result => return result,
            }
        }
    }

    fn no_answer(&self, waited: Duration) -> ClusterError {
        ClusterError::NoAnswer { server: self.wait.api.server().to_owned(), waited }
    }

    fn not_ready(&self) -> ClusterError {
        ClusterError::NotReady {
            layer: self.wait.layer.to_owned(),
            waited: self.pace.waited(),
            pending: self.pending.iter().map(Pending::words).collect(),
            hint: hint::next_step(&self.pending),
        }
    }
}
