//! Renews a Lease in the background, and reports when another run has taken it.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::sleep;

use super::object::{holder, lease_id};
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::json::text;
use crate::cluster::record::caller::Caller;

/// A third of the duration: two renewals may fail.
const RENEWED_EVERY: Duration = Duration::from_secs(5);
/// The pause before a failed renewal is retried.
const AGAIN: Duration = Duration::from_secs(1);

/// The holder of a Lease.
pub(super) struct Keeper {
    pub(super) api: Api,
    pub(super) caller: Caller,
    pub(super) identity: String,
}

/// The outcome of a renewal.
enum Renewal {
    Done(Value),
    /// Another client changed the Lease; it is still ours.
    Moved(Value),
    Lost(String),
}

impl Keeper {
    /// Renews until it is aborted, or until another run has the Lease.
    pub(super) async fn keep(self, mut lease: Value, lost: watch::Sender<Option<String>>) {
        let mut pause = RENEWED_EVERY;
        loop {
            sleep(pause).await;
            pause = match self.renew(&lease).await {
                Ok(Renewal::Done(renewed)) => {
                    lease = renewed;
                    RENEWED_EVERY
                }
                Ok(Renewal::Moved(now)) => {
                    lease = now;
                    AGAIN
                }
                Ok(Renewal::Lost(holder)) => {
                    lost.send_replace(Some(holder));
                    return;
                }
                Err(_) => AGAIN,
            };
        }
    }

    async fn renew(&self, lease: &Value) -> Result<Renewal, ClusterError> {
        let mut renewed = lease.clone();
        renewed["spec"]["renewTime"] = Value::from(self.caller.now());
        let answer = self.api.replace(&lease_id(), &renewed).await?;
        match answer.status {
            200..=299 => Ok(Renewal::Done(answer.body)),
            404 | 409 => self.look().await,
            status => {
                let request = format!("PUT {}", lease_id().path());
                Err(ClusterError::Unexpected { request, status, message: answer.message() })
            }
        }
    }

    async fn look(&self) -> Result<Renewal, ClusterError> {
        Ok(match self.api.get(&lease_id().path()).await? {
            Some(now) if text(&now, "/spec/holderIdentity") == self.identity => Renewal::Moved(now),
            Some(now) => Renewal::Lost(holder(&now)),
            None => Renewal::Lost(String::new()),
        })
    }
}
