//! Waits until the conditions of a layer hold, and reports meanwhile what is missing and why. Every wait has a deadline.
//!
//! Every object is read once. Those that are not ready are watched, with one watch a kind; conditions that a watch cannot
//! show, and kinds that this user may not watch, are polled.

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
use crate::rendered::Condition;
use look::Look;
use pending::targets;
use reasons::Reasons;

impl Cluster {
    /// Returns the objects that are not ready now, each with what is missing and why. It does not wait.
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
