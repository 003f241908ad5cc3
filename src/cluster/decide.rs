//! Decides what is to be done with an object: by what the inventory knows of it, else by a dry run.
//!
//! The plan and the install decide here, so that the one is what the other does. What would change nothing is not sent.

use serde_json::Value;

use super::apply::{Applier, Found, Run, Standing, sent};
use super::compare::{FieldChange, differences};
use super::error::ClusterError;
use super::object::text;
use super::prepare::PreparedObject;

/// How often an object is looked at anew that others change meanwhile.
const MOVED_ON: usize = 3;

/// What is to be done with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is not there.
    Create,
    /// These fields become others; where there is none, the fields only become ours.
    Change(Vec<FieldChange>),
    /// It is as it should be.
    Keep,
}

impl Applier<'_> {
    /// Decides what is to be done with an object.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or refuses the dry run.
    pub(super) async fn decide(
        &self,
        object: &PreparedObject<'_>,
        found: Option<&Found>,
        standing: Standing,
    ) -> Result<Decision, ClusterError> {
        let Some(found) = found else { return Ok(Decision::Create) };
        if standing.settled {
            return Ok(Decision::Keep);
        }
        let wanted = sent(object, standing.ours);
        let (mut before, mut answer) = (found.clone(), self.settled(object, &wanted, Run::Dry).await?);
        for _ in 0..MOVED_ON {
            if version(&before.live) == version(&answer.body) {
                break;
            }
            let Some(live) = self.api.get(&object.id.path()).await? else { return Ok(Decision::Create) };
            (before, answer) = (Found::compared(live), self.settled(object, &wanted, Run::Dry).await?);
        }
        let changes = differences(&before.live, &answer.body);
        let same = changes.is_empty() && before.fields == Found::of(&answer.body).fields;
        Ok(if same { Decision::Keep } else { Decision::Change(changes) })
    }
}

/// A dry run answers with the version that it was based on.
fn version(object: &Value) -> &str {
    text(object, "/metadata/resourceVersion")
}
