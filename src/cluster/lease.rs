//! One install at a time: a Lease in the cluster, taken before the first write, renewed while there is work, given back.
//!
//! Whether a holder is alive is judged as client-go's leader election does it: not by the times in the Lease, which are of
//! another machine's clock, but by whether it changes within its duration on ours.
// See: https://kubernetes.io/docs/concepts/architecture/leases/ and `tools/leaderelection` of k8s.io/client-go

mod keep;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;

use super::api::Api;
use super::caller::{Caller, user};
use super::error::ClusterError;
use super::inventory::{INVENTORY_NAMESPACE, Stamp};
use super::object::{ObjectId, number, text};
use super::pace::{Pace, Teller};
use crate::report::Reporter;
use crate::report::printable;

/// How long a Lease holds without being renewed, in seconds.
const DURATION: u64 = 15;
/// However long a Lease says that it holds: more is not waited for.
const LONGEST: u64 = 60;
/// How often a Lease is fought for that others take and give back meanwhile.
const ATTEMPTS: usize = 5;
const LONGEST_HOLDER: usize = 200;

/// The right to change what is installed, once it is taken.
pub(super) struct Lease<'a> {
    pub(super) api: &'a Api,
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
    pub(super) fn new(api: &'a Api, caller: &'a Caller, reporter: &'a dyn Reporter) -> Self {
        Self { api, caller, reporter, held: Mutex::new(None), lost: watch::Sender::new(None) }
    }

    /// Works, and gives the Lease back, whatever comes of the work. Where somebody else takes it, the work ends.
    ///
    /// # Errors
    ///
    /// Those of the work, and when the Lease is lost.
    pub(super) async fn during<T>(
        &self,
        work: impl Future<Output = Result<T, ClusterError>>,
    ) -> Result<T, ClusterError> {
        let outcome = tokio::select! {
            outcome = work => outcome,
            holder = self.loss() => Err(ClusterError::LeaseLost { holder }),
        };
        self.give_back().await;
        outcome
    }

    /// Takes it, unless that is done; returns whether it was taken now.
    ///
    /// # Errors
    ///
    /// When somebody else holds it and is alive, or the API server cannot be asked or refuses.
    pub(super) async fn take(&self) -> Result<bool, ClusterError> {
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
    pub(super) async fn stamp(&self) -> Stamp {
        let by = self.held.lock().await.as_ref().map(|held| held.user.clone()).unwrap_or_default();
        Stamp { at: self.caller.now_in_seconds(), by }
    }

    /// Renews it no longer; it still holds for its duration. For when it goes with its namespace.
    pub(super) async fn rest(&self) {
        if let Some(held) = self.held.lock().await.as_ref() {
            held.renewal.abort();
        }
    }

    /// Gives it back. Where that does not work, it ends by itself.
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

    /// Takes a Lease that its holder does not renew; `None` where somebody else was quicker.
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

    /// Watches a Lease for its duration: whether it stays as it is. One that goes meanwhile is nobody's.
    async fn is_dead(&self, found: &Value) -> Result<bool, ClusterError> {
        if self.caller.has_ended(text(found, "/spec/holderIdentity")) {
            return Ok(true);
        }
        let limit = u64::try_from(number(found, "/spec/leaseDurationSeconds")).unwrap_or(DURATION);
        let (mut pace, mut teller) =
            (Pace::within(Duration::from_secs(limit.min(LONGEST))), Teller::new(self.reporter));
        loop {
            teller.waiting(format!("another install by {}: whether it is still at work", holder(found)));
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
        lease["metadata"]["labels"] = json!({ super::apply::MANAGED_BY: super::api::FIELD_MANAGER });
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

fn lease_id() -> ObjectId {
    ObjectId {
        api_version: "coordination.k8s.io/v1".into(),
        kind: "Lease".into(),
        resource: "leases".into(),
        namespace: Some(INVENTORY_NAMESPACE.into()),
        name: "bundle-install".into(),
    }
}

fn holder(lease: &Value) -> String {
    printable(text(lease, "/spec/holderIdentity"), LONGEST_HOLDER)
}

fn version(lease: &Value) -> &str {
    text(lease, "/metadata/resourceVersion")
}

fn held(lease: &Value) -> ClusterError {
    let time = |pointer| printable(text(lease, pointer), LONGEST_HOLDER);
    ClusterError::Held {
        holder: holder(lease),
        since: time("/spec/acquireTime"),
        renewed: time("/spec/renewTime"),
        seconds: number(lease, "/spec/leaseDurationSeconds"),
    }
}

fn refused(status: u16, message: String) -> ClusterError {
    ClusterError::Refused { object: Box::new(lease_id()), file: "lease".into(), status, message }
}
