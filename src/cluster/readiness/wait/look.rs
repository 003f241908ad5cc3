//! One look at objects: each is asked for once, and whatever else a condition needs, once for all of them.

use serde_json::Value;
use tokio::sync::OnceCell;

use super::pending::{Pending, Target};
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::readiness::condition::endpoint::without_endpoint;
use crate::cluster::readiness::condition::enforced::{not_enforced, reporters};
use crate::cluster::readiness::reason::Reason;
use crate::rendered::Condition;

/// One look.
pub(super) struct Look<'a> {
    api: &'a Api,
    reporters: OnceCell<Vec<String>>,
}

impl<'a> Look<'a> {
    pub(super) fn new(api: &'a Api) -> Self {
        Self { api, reporters: OnceCell::new() }
    }

    /// Looks at objects; `None` for each that is ready.
    pub(super) async fn at<'t>(
        &self,
        targets: &[Target<'t>],
    ) -> Result<Vec<Option<Pending<'t>>>, ClusterError> {
        together(targets.iter().map(|target| self.ask(*target))).await
    }

    async fn ask<'t>(&self, target: Target<'t>) -> Result<Option<Pending<'t>>, ClusterError> {
        let object = self.api.get(&target.1.path()).await?;
        let elsewhere = match &object {
            Some(object) => self.elsewhere(target.0, object).await?,
            None => None,
        };
        Ok(match elsewhere {
            Some(missing) => Some(Pending::new(target, missing, object.as_ref())),
            None => Pending::judged(target, object.as_ref()),
        })
    }

    /// Returns what is missing in other objects.
    async fn elsewhere(&self, condition: Condition, object: &Value) -> Result<Option<Reason>, ClusterError> {
        match condition {
            Condition::WebhookEndpoints => without_endpoint(self.api, object).await,
            Condition::ConstraintsEnforced => {
                let reporters = self.reporters.get_or_try_init(|| reporters(self.api)).await?;
                Ok(not_enforced(object, reporters))
            }
            _ => Ok(None),
        }
    }
}
