//! Waits for what a layer promises, says meanwhile what is missing and why, and never waits for ever.
//!
//! Everything is asked for once. Only what is not ready then is watched, with one watch a kind; what a watch cannot tell,
//! or may not, is asked for again and again.

mod hint;
mod look;
mod pending;
mod reasons;
#[cfg(test)]
mod tests;
mod vigil;
mod watches;

use super::Cluster;
use super::api::Api;
use super::condition::applies;
use super::error::ClusterError;
use super::object::ObjectId;
use super::pace::Pace;
use super::prepare::PreparedObject;
use crate::rendered::Condition;
use crate::report::Reporter;
use look::Look;
use pending::Target;
use reasons::Reasons;
use vigil::Vigil;

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
        Vigil::begin(self, &targets, pace).await?.end().await
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

fn targets<'t>(conditions: &[Condition], ids: impl Iterator<Item = &'t ObjectId> + Clone) -> Vec<Target<'t>> {
    let of = |condition: &Condition| {
        let condition = *condition;
        ids.clone().filter(move |id| applies(condition, id)).map(move |id| (condition, id))
    };
    conditions.iter().flat_map(of).collect()
}
