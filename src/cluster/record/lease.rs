//! One install at a time: a Lease in the cluster, taken before the first write, renewed during the work, given back at the end.
//!
//! Whether a holder is alive is judged as client-go's leader election does it: not by the times in the Lease, which are of
//! another machine's clock, but by whether it changes within its duration on ours.
// See: https://kubernetes.io/docs/concepts/architecture/leases/ and `tools/leaderelection` of k8s.io/client-go

mod keep;
mod object;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;

use super::caller::{Caller, user};
use super::inventory::Stamp;
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::Pace;
use crate::cluster::api::progress::Progress;
use crate::cluster::objects::json::{number, text};
use crate::cluster::objects::labels::{FIELD_MANAGER, MANAGED_BY};
use crate::report::Reporter;
use object::{held, holder, lease_id, refused, version};

/// How long a Lease is valid without a renewal, in seconds.
const DURATION: u64 = 15;
/// The longest wait for a Lease to expire, in seconds, whatever it says.
const LONGEST: u64 = 60;
/// How often a Lease is tried that other runs take and give back meanwhile.
const ATTEMPTS: usize = 5;

/// The right to change what is installed, once it is taken.
pub(in crate::cluster) struct Lease<'a> {
    pub(in crate::cluster) api: &'a Api,
    caller: &'a Caller,
    reporter: &'a dyn Reporter,
    held: Mutex<Option<Held>>,
    lost: watch::Sender<Option<String>>,
}

struct Held {
    user: String,
    identity: String,
    renewal: AbortHandle,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

impl<'a> Lease<'a> {
    /// Returns a Lease that is not taken yet.
    pub(in crate::cluster) fn new(api: &'a Api, caller: &'a Caller, reporter: &'a dyn Reporter) -> Self {
        Self { api, caller, reporter, held: Mutex::new(None), lost: watch::Sender::new(None) }
    }

    /// Runs the work, then gives the Lease back in any case. If another run takes the Lease, the work is stopped.
    ///
    /// # Errors
    ///
    /// Those of the work, and when the Lease is lost.
    pub(in crate::cluster) async fn during<T, E: From<ClusterError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let outcome = tokio::select! {
            outcome = work => outcome,
            holder = self.loss() => Err(ClusterError::LeaseLost { holder }.into()),
        };
        self.give_back().await;
        outcome
    }

    /// Takes it unless it is held already; returns whether it was taken now.
    ///
    /// # Errors
    ///
    /// When another run holds it and is alive, or the API server cannot be asked or refuses.
    pub(in crate::cluster) async fn take(&self) -> Result<bool, ClusterError> {
        let mut held = self.held.lock().await;
        if held.is_some() {
            return Ok(false);
        }
        let user = user(self.api).await;
        let identity = self.caller.identity(&user);
        let lease = self.acquire(&identity).await?;
        let keeper =
            keep::Keeper { api: self.api.clone(), caller: self.caller.clone(), identity: identity.clone() };
        let renewal = tokio::spawn(keeper.keep(lease, self.lost.clone())).abort_handle();
        *held = Some(Held { user, identity, renewal });
        Ok(true)
    }

    /// Returns the time, and who took it.
    pub(in crate::cluster) async fn stamp(&self) -> Stamp {
        let by = self.held.lock().await.as_ref().map(|held| held.user.clone()).unwrap_or_default();
        Stamp { at: self.caller.now_in_seconds(), by }
    }

    /// Stops renewing it; it stays valid for its duration. For when it is deleted with its namespace.
    pub(in crate::cluster) async fn rest(&self) {
        if let Some(held) = self.held.lock().await.as_ref() {
            held.renewal.abort();
        }
    }

    /// Gives it back. If that fails, it expires.
    async fn give_back(&self) {
        let Some(held) = self.held.lock().await.take() else { return };
        held.renewal.abort();
        let Ok(Some(lease)) = self.api.get(&lease_id().path()).await else { return };
        if text(&lease, "/spec/holderIdentity") == held.identity {
            let _ = self.api.delete_as_read(&lease_id(), &lease).await;
        }
    }

    async fn loss(&self) -> String {
        let mut lost = self.lost.subscribe();
        let holder = lost.wait_for(Option::is_some).await.ok().and_then(|holder| holder.clone());
        holder.unwrap_or_default()
    }

    async fn acquire(&self, identity: &str) -> Result<Value, ClusterError> {
        for _ in 0..ATTEMPTS {
            let lease = self.written(identity, Value::Null);
            let answer = self.api.create(&lease_id().collection_path(), &lease).await?;
            match answer.status {
                200..=299 => return Ok(answer.body),
                409 => {}
                status => return Err(refused(status, answer.message())),
            }
            let Some(found) = self.api.get(&lease_id().path()).await? else { continue };
            if let Some(lease) = self.take_over(found, identity).await? {
                return Ok(lease);
            }
        }
        Err(ClusterError::Overtaken)
    }

    /// Takes a Lease that its holder does not renew; `None` if another run was quicker.
    async fn take_over(&self, found: Value, identity: &str) -> Result<Option<Value>, ClusterError> {
        if !holder(&found).is_empty() && !self.is_dead(&found).await? {
            return Ok(None);
        }
        let answer = self.api.replace(&lease_id(), &self.written(identity, found)).await?;
        match answer.status {
            200..=299 => Ok(Some(answer.body)),
            404 | 409 => Ok(None),
            status => Err(refused(status, answer.message())),
        }
    }

    /// Tells whether a Lease stays unchanged for its duration. One that is deleted meanwhile is free.
    async fn is_dead(&self, found: &Value) -> Result<bool, ClusterError> {
        if self.caller.has_ended(text(found, "/spec/holderIdentity")) {
            return Ok(true);
        }
        let limit = u64::try_from(number(found, "/spec/leaseDurationSeconds")).unwrap_or(DURATION);
        let (mut pace, mut progress) =
            (Pace::within(Duration::from_secs(limit.min(LONGEST))), Progress::new(self.reporter));
        loop {
            progress.waiting(format!("whether another run is still active: {}", holder(found)));
            if !pace.again().await {
                return Ok(true);
            }
            match self.api.get(&lease_id().path()).await? {
                None => return Ok(false),
                Some(now) if version(&now) == version(found) => {}
                Some(now) if holder(&now).is_empty() => return Ok(false),
                Some(now) => return Err(held(&now)),
            }
        }
    }

    fn written(&self, identity: &str, before: Value) -> Value {
        let now = self.caller.now();
        let transitions = if before.is_null() { 0 } else { number(&before, "/spec/leaseTransitions") + 1 };
        let mut lease = lease_id().bare();
        lease["metadata"]["labels"] = json!({ MANAGED_BY: FIELD_MANAGER });
        if !before.is_null() {
            lease["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
        }
        lease["spec"] = json!({
            "holderIdentity": identity, "leaseDurationSeconds": DURATION,
            "acquireTime": now, "renewTime": now, "leaseTransitions": transitions,
        });
        lease
    }
}
