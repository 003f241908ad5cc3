//! The audit interval of Gatekeeper, from its Deployment.

use std::time::Duration;

use serde_json::Value;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::json::list;
use crate::cluster::record::inventory::Inventory;

/// See: `--audit-interval` in `pkg/audit/manager.go` of Gatekeeper.
const DEFAULT: Duration = Duration::from_secs(60);
const FLAG: &str = "--audit-interval=";
const AUDIT: &str = "--operation=audit";

/// Returns the time between two audits; Gatekeeper's default, unless a Deployment of ours sets another one.
pub(super) async fn of(api: &Api, inventory: &Inventory) -> Result<Duration, ClusterError> {
    for entry in inventory.entries().filter(|entry| entry.id.kind == "Deployment") {
        let deployment = api.get(&entry.id.path()).await?.unwrap_or_default();
        if let Some(interval) = said(&deployment) {
            return Ok(interval);
        }
    }
    Ok(DEFAULT)
}

fn said(deployment: &Value) -> Option<Duration> {
    let containers = list(deployment, "/spec/template/spec/containers").iter();
    let arguments: Vec<&str> =
        containers.flat_map(|container| list(container, "/args")).filter_map(Value::as_str).collect();
    arguments.contains(&AUDIT).then_some(())?;
    let seconds = arguments.iter().find_map(|argument| argument.strip_prefix(FLAG)?.parse().ok());
    Some(seconds.map_or(DEFAULT, Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_auditing_deployment_says_how_often() {
        for (arguments, expected) in [
            (json!(["--operation=audit", "--audit-interval=300"]), Some(300)),
            (json!(["--operation=audit", "--audit-interval=often"]), Some(60)),
            (json!(["--operation=audit"]), Some(60)),
            (json!(["--operation=webhook", "--audit-interval=300"]), None),
        ] {
            let deployment = json!({"spec": {"template": {"spec": {"containers": [{"name": "manager", "args": arguments}]}}}});
            assert_eq!(said(&deployment), expected.map(Duration::from_secs), "{arguments}");
        }
    }
}
