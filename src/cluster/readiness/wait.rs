//! Waits for what a layer promises, says meanwhile what is missing and why, and never waits for ever.
//!
//! Everything is asked for once. Only what is not ready then is watched, with one watch a kind; what a watch cannot tell,
//! or may not, is asked for again and again.

mod hint;
mod look;
mod pending;
mod reasons;
pub(in crate::cluster) mod session;
#[cfg(test)]
mod tests;
mod watches;

use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::ObjectId;
use crate::render::Condition;
use look::Look;
use pending::targets;
use reasons::Reasons;

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
