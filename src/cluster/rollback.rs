//! Goes back to what was complete before an install that failed: from what the cluster itself has recorded.

use super::Cluster;
use super::apply::ApplyOptions;
use super::caller::Caller;
use super::error::ClusterError;
use super::install::{ApplyReport, Goal};
use super::inventory::{self, Inventory, RecordedRevision, Revision};
use super::recorded::{self, PackedSet};
use super::uninstall::UninstallReport;
use crate::rendered::ObjectSet;
use crate::report::Reporter;

/// Where an install that fails goes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retreat {
    /// To the revision that was complete last.
    To(RecordedRevision),
    /// There was none: what was applied is taken away.
    TakeAway,
    /// Nowhere, and why.
    Nowhere(String),
}

/// What came of going back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollback {
    /// That revision is installed again.
    To {
        /// The revision.
        revision: Revision,
        /// What was done for it.
        applied: ApplyReport,
    },
    /// Nothing is installed any more.
    TakenAway(UninstallReport),
    /// Nothing was done, and why.
    Nowhere(String),
}

impl Cluster {
    /// Returns where an install of this set would go back to; asked before it is begun.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, the inventory cannot be read, or the set is too large to be recorded.
    pub async fn retreat(&self, set: &ObjectSet, revision: &Revision) -> Result<Retreat, ClusterError> {
        let next = RecordedRevision { revision: revision.clone(), set: PackedSet::of(set)?.name };
        Ok(inventory::load(&self.api).await?.map_or(Retreat::TakeAway, |before| retreat(&before, &next)))
    }

    /// Goes back.
    ///
    /// # Errors
    ///
    /// Those of an install, or of an uninstall; and when what was recorded cannot be read.
    pub async fn roll_back(
        &self,
        retreat: &Retreat,
        options: &ApplyOptions,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<Rollback, ClusterError> {
        match retreat {
            Retreat::Nowhere(why) => Ok(Rollback::Nowhere(why.clone())),
            Retreat::TakeAway => {
                reporter.step("nothing was installed before: taking away what was applied".into());
                let asked = &options.delete_with_contents;
                self.uninstall(asked, caller, reporter).await.map(Rollback::TakenAway)
            }
            Retreat::To(RecordedRevision { revision, set }) => {
                reporter.step(format!("going back to {} {}", revision.bundle, revision.version));
                let set = recorded::load(&self.api, set).await?;
                let goal = Goal { set: &set, revision, goes_back: true };
                let applied = self.reach(goal, options, caller, reporter).await?;
                Ok(Rollback::To { revision: revision.clone(), applied })
            }
        }
    }

    /// Returns the set of the revision that is installed, as it was applied; `None` where nothing is installed, or an older
    /// version of this tool installed it.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or what was recorded cannot be read.
    pub async fn recorded(&self) -> Result<Option<ObjectSet>, ClusterError> {
        match inventory::load(&self.api).await?.and_then(|inventory| inventory.set) {
            Some(set) => recorded::load(&self.api, &set).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Never further back than to what was complete when the install began: what is older was given up on purpose.
fn retreat(before: &Inventory, next: &RecordedRevision) -> Retreat {
    let set = before.set.clone().unwrap_or_default();
    let complete = RecordedRevision { revision: before.revision.clone(), set };
    let last = if before.complete { Some(complete) } else { before.previous.clone() };
    match last {
        None => Retreat::TakeAway,
        Some(last) if last == *next => Retreat::Nowhere("the same was installed before".into()),
        Some(last) if last.set.is_empty() => Retreat::Nowhere(
            "an older version of bundle installed what was there before, and did not record it".into(),
        ),
        Some(last) => Retreat::To(last),
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
            (before("1", true, None), Retreat::To(recorded("1"))),
            (before("1", true, Some("0")), Retreat::To(recorded("1"))),
            (before("1", false, Some("0")), Retreat::To(recorded("0"))),
            (before("2", false, Some("1")), Retreat::To(recorded("1"))),
            (before("1", false, None), Retreat::TakeAway),
        ] {
            assert_eq!(retreat(&before, &recorded("2")), expected, "{before:?}");
        }
        for before in [before("2", true, Some("1")), before("3", false, Some("2"))] {
            assert!(matches!(retreat(&before, &recorded("2")), Retreat::Nowhere(_)), "{before:?}");
        }
        let unrecorded = Inventory { set: None, ..before("1", true, None) };
        assert!(matches!(retreat(&unrecorded, &recorded("2")), Retreat::Nowhere(_)));
    }
}
