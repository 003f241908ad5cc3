//! Why workloads are not ready, asked for now and then: pods are many, and finding the one that tells takes requests.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::pending::Pending;
use crate::cluster::api::client::Api;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::readiness::reason::{Reason, reason};

/// How often the pods behind a workload are looked at, at most.
const EVERY: Duration = Duration::from_secs(2);
/// How many times as long as it took is waited before it is done again.
const REST: u32 = 9;
/// How long the pods of one workload are looked through.
const LONGEST: Duration = Duration::from_secs(10);

/// The reasons as they were last seen.
#[derive(Default)]
pub(super) struct Reasons {
    next: Option<Instant>,
    known: Vec<(ObjectId, Option<Reason>)>,
}

impl Reasons {
    /// Adds the reasons; they are asked for anew only every few seconds, or when this is the `last` time.
    pub(super) async fn explain(&mut self, api: &Api, pending: &mut [Pending<'_>], last: bool) {
        if last || self.next.is_none_or(|next| Instant::now() >= next) {
            self.ask(api, pending).await;
        }
        for one in pending.iter_mut().filter(|one| one.workload.is_some()) {
            let known = self.known.iter().find(|(id, _)| id == one.id);
            one.reason = known.and_then(|(_, reason)| reason.clone());
        }
    }

    async fn ask(&mut self, api: &Api, pending: &[Pending<'_>]) {
        let began = Instant::now();
        self.known.clear();
        for (one, workload) in pending.iter().filter_map(|one| Some((one, one.workload.as_ref()?))) {
            // A reason is a courtesy: without the right to read pods the wait goes on.
            let found = timeout(LONGEST, reason(api, workload)).await.ok().and_then(Result::ok).flatten();
            self.known.push((one.id.clone(), found));
        }
        self.next = Some(Instant::now() + EVERY.max(began.elapsed() * REST));
    }
}
