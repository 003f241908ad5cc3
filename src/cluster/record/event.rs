//! Announces installs as events of the inventory's ConfigMap.
//!
//! If an event cannot be written, that is a warning.
// See: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/

use serde_json::{Value, json};

use super::caller::Caller;
use super::inventory::{INVENTORY_NAME, INVENTORY_NAMESPACE, inventory_id};
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::json::text;
use crate::cluster::objects::labels::FIELD_MANAGER;
use crate::report::Reporter;
use crate::report::printable;

/// The API server takes 1,024 bytes in the newer form of events.
const LONGEST: usize = 900;

/// Something that happened to the installed bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A bundle was installed, and enforces.
    Installed(String),
    /// An install stopped, and why.
    InstallFailed(String),
    /// An install failed, and was rolled back.
    RolledBack(String),
    /// Everything was applied, but probes failed.
    NotEnforced(String),
}

impl Notice {
    fn parts(&self) -> (&'static str, &'static str, &str) {
        match self {
            Self::Installed(message) => ("Normal", "Installed", message),
            Self::InstallFailed(message) => ("Warning", "InstallFailed", message),
            Self::RolledBack(message) => ("Warning", "RolledBack", message),
            Self::NotEnforced(message) => ("Warning", "NotEnforced", message),
        }
    }
}

impl Cluster {
    /// Writes an event, unless there is no inventory that it could be of.
    pub async fn announce(&self, notice: &Notice, caller: &Caller, reporter: &dyn Reporter) {
        let reason = notice.parts().1;
        match self.try_to_announce(notice, caller).await {
            Ok(None) => {}
            Ok(Some(refused)) => reporter.warn(format!("cannot write the event `{reason}`: {refused}")),
            Err(error) => reporter.warn(format!("cannot write the event `{reason}`: {error}")),
        }
    }

    async fn try_to_announce(
        &self,
        notice: &Notice,
        caller: &Caller,
    ) -> Result<Option<String>, ClusterError> {
        let Some(map) = self.api.get(&inventory_id().path()).await? else { return Ok(None) };
        let collection = format!("/api/v1/namespaces/{INVENTORY_NAMESPACE}/events");
        let answer = self.api.create(&collection, &event(notice, &map, caller)).await?;
        Ok((!answer.is_success()).then(|| answer.message()))
    }
}

fn event(notice: &Notice, map: &Value, caller: &Caller) -> Value {
    let (kind, reason, message) = notice.parts();
    let now = caller.now_in_seconds();
    json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"generateName": format!("{INVENTORY_NAME}."), "namespace": INVENTORY_NAMESPACE},
        "involvedObject": {
            "apiVersion": "v1", "kind": "ConfigMap", "namespace": INVENTORY_NAMESPACE, "name": INVENTORY_NAME,
            "uid": text(map, "/metadata/uid"),
        },
        "type": kind, "reason": reason, "message": printable(message, LONGEST),
        "source": {"component": FIELD_MANAGER}, "reportingComponent": FIELD_MANAGER,
        "firstTimestamp": now, "lastTimestamp": now, "count": 1,
    })
}
