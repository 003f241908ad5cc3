//! Why workloads are not ready, read now and then: there can be many pods, and finding the failing one takes requests.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::pending::Pending;
use crate::cluster::api::client::Api;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::readiness::reason::{Reason, reason};

/// The shortest time between two reads of the pods of a workload.
const EVERY: Duration = Duration::from_secs(2);
/// The pause between two reads, as a multiple of the time that a read took.
const REST: u32 = 9;
/// The longest search through the pods of one workload.
const LONGEST: Duration = Duration::from_secs(10);

/// The reasons as they were last seen.
#[derive(Default)]
pub(super) struct Reasons {
    next: Option<Instant>,
    known: Vec<(ObjectId, Option<Reason>)>,
}

impl Reasons {
    /// Adds the reasons; they are read again only every few seconds, or if this is the `last` time.
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
            // Reasons are optional: without the right to read pods the wait continues.
            let found = timeout(LONGEST, reason(api, workload)).await.ok().and_then(Result::ok).flatten();
            self.known.push((one.id.clone(), found));
        }
        self.next = Some(Instant::now() + EVERY.max(began.elapsed() * REST));
    }
}
