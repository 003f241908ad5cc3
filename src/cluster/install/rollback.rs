//! Rolls a failed install back to the revision that was complete before, as the cluster has recorded it.

use super::failure::InstallError;
use super::reach::Goal;
use super::report::ApplyReport;
use super::uninstall::UninstallReport;
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::change::options::ApplyOptions;
use crate::cluster::record::caller::Caller;
use crate::cluster::record::inventory::{Inventory, RecordedRevision, Revision};
use crate::cluster::record::rendered_set::PackedSet;
use crate::cluster::record::{set_store, store};
use crate::rendered::ObjectSet;
use crate::report::Reporter;

/// The target of a rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackTarget {
    /// To the revision that was complete last.
    To(RecordedRevision),
    /// There was none: the applied objects are removed.
    TakeAway,
    /// No rollback is possible, and why.
    Nowhere(String),
}

/// The outcome of a rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollback {
    /// That revision is installed again.
    To {
        /// The revision.
        revision: Revision,
        /// What was done for it.
        applied: ApplyReport,
    },
    /// The applied objects were removed.
    TakenAway(UninstallReport),
    /// Nothing was done, and why.
    Nowhere(String),
}

impl Cluster {
    /// Returns the target of a rollback for an install of this set; to be asked before the install.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, the inventory cannot be read, or the set is too large to be recorded.
    pub async fn rollback_target(
        &self,
        set: &ObjectSet,
        revision: &Revision,
    ) -> Result<RollbackTarget, ClusterError> {
        let next = RecordedRevision { revision: revision.clone(), set: PackedSet::of(set)?.name };
        Ok(store::load(&self.api)
            .await?
            .map_or(RollbackTarget::TakeAway, |before| rollback_target(&before, &next)))
    }

    /// Rolls back.
    ///
    /// # Errors
    ///
    /// Those of an install, or of an uninstall; and when what was recorded cannot be read.
    pub async fn roll_back(
        &self,
        rollback_target: &RollbackTarget,
        options: &ApplyOptions,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<Rollback, ClusterError> {
        match rollback_target {
            RollbackTarget::Nowhere(why) => Ok(Rollback::Nowhere(why.clone())),
            RollbackTarget::TakeAway => {
                reporter.step("nothing was installed before: removing what was applied".into());
                let asked = &options.delete_with_contents;
                self.uninstall(asked, caller, reporter).await.map(Rollback::TakenAway)
            }
            RollbackTarget::To(RecordedRevision { revision, set }) => {
                reporter.step(format!("rolling back to {} {}", revision.bundle, revision.version));
                let set = set_store::load(&self.api, set).await?;
                let goal = Goal { set: &set, revision, goes_back: true };
                let applied =
                    self.reach(goal, options, caller, reporter).await.map_err(InstallError::into_cause)?;
                Ok(Rollback::To { revision: revision.clone(), applied })
            }
        }
    }
}

/// Never further back than the revision that was complete when the install began.
fn rollback_target(before: &Inventory, next: &RecordedRevision) -> RollbackTarget {
    let set = before.set.clone().unwrap_or_default();
    let complete = RecordedRevision { revision: before.revision.clone(), set };
    let last = if before.complete { Some(complete) } else { before.previous.clone() };
    match last {
        None => RollbackTarget::TakeAway,
        Some(last) if last == *next => {
            RollbackTarget::Nowhere("the same revision was installed before".into())
        }
        Some(last) if last.set.is_empty() => RollbackTarget::Nowhere(
            "an older version of bundle installed the previous revision, and did not record it".into(),
        ),
        Some(last) => RollbackTarget::To(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(version: &str) -> RecordedRevision {
        let revision = Revision { version: version.into(), ..Default::default() };
        RecordedRevision { revision, set: format!("bundle-set-{version}") }
    }

    #[test]
    fn the_way_back_ends_at_what_was_complete_last() {
        let before = |version: &str, complete, previous: Option<&str>| {
            let RecordedRevision { revision, set } = recorded(version);
            let previous = previous.map(recorded);
            Inventory { revision, set: Some(set), complete, previous, ..Default::default() }
        };
        for (before, expected) in [
            (before("1", true, None), RollbackTarget::To(recorded("1"))),
            (before("1", true, Some("0")), RollbackTarget::To(recorded("1"))),
            (before("1", false, Some("0")), RollbackTarget::To(recorded("0"))),
            (before("2", false, Some("1")), RollbackTarget::To(recorded("1"))),
            (before("1", false, None), RollbackTarget::TakeAway),
        ] {
            assert_eq!(rollback_target(&before, &recorded("2")), expected, "{before:?}");
        }
        for before in [before("2", true, Some("1")), before("3", false, Some("2"))] {
            assert!(
                matches!(rollback_target(&before, &recorded("2")), RollbackTarget::Nowhere(_)),
                "{before:?}"
            );
        }
        let unrecorded = Inventory { set: None, ..before("1", true, None) };
        assert!(matches!(rollback_target(&unrecorded, &recorded("2")), RollbackTarget::Nowhere(_)));
    }
}
