//! Creates the namespace that records are kept in.

use super::apply::SETTLING;
use super::deletion::{hold, still_deleting};
use super::found::{Found, managed};
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::Pace;
use crate::cluster::objects::id::ObjectId;

/// Creates a namespace unless it exists; returns whether it is ours.
///
/// # Errors
///
/// When the API server cannot be asked or refuses, or when the namespace is still being deleted after 30 s.
pub(in crate::cluster) async fn ensure_namespace(api: &Api, name: &str) -> Result<bool, ClusterError> {
    let id = ObjectId::namespace(name);
    let mut pace = Pace::within(SETTLING);
    loop {
        let Some(value) = api.get(&id.path()).await? else { break };
        match Found::of(&value) {
            found if !found.deleting => return Ok(found.ours),
            _ if pace.again().await => {}
            _ => return Err(still_deleting(&id, hold(&value), pace.waited())),
        }
    }
    let answer = api.apply(&id, &managed(&id.bare()), false).await?;
    if answer.is_success() {
        return Ok(answer.status == 201);
    }
    let (status, message) = (answer.status, answer.message());
    Err(ClusterError::Refused { object: Box::new(id), file: "inventory".into(), status, message })
}
