//! Applies and proves. Where that fails, it says so in the cluster, and goes back if that is asked for.

use std::sync::Arc;

use crate::cluster::{
    ApplyOptions, ApplyReport, Caller, Cluster, ClusterError, InstallError, InstallFailure, Notice, Patience,
    ProbeReport, Revision, Rollback, RollbackTarget,
};
use crate::ops::error::OpsError;
use crate::ops::stopped::StoppedInstall;
use crate::rendered::ObjectSet;
use crate::report::Reporter;

/// One attempt to install a rendered set.
pub(super) struct Attempt<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) set: &'a ObjectSet,
    pub(super) revision: &'a Revision,
    /// Whether anything is to be changed; otherwise it is only waited for, and proved.
    pub(super) changes: bool,
    pub(super) options: ApplyOptions,
    pub(super) caller: &'a Caller,
    pub(super) rollback_on_failure: bool,
    pub(super) reporter: Arc<dyn Reporter>,
}

/// What an attempt came to. It failed if the probes did not pass.
pub(super) struct Attempted {
    pub(super) applied: ApplyReport,
    pub(super) probes: ProbeReport,
    pub(super) rollback: Option<Result<Rollback, ClusterError>>,
}

impl Attempt<'_> {
    /// Makes the attempt.
    ///
    /// # Errors
    /// When it cannot be begun, and when it stops on the way; the latter tells what came of going back.
    pub(super) async fn make(&self) -> Result<Attempted, OpsError> {
        let target = match self.rollback_on_failure {
            true => Some(self.cluster.rollback_target(self.set, self.revision).await?),
            false => None,
        };
        match self.apply_and_probe().await {
            Ok((applied, probes)) => {
                let rollback = self.judge(&applied, &probes, target).await;
                Ok(Attempted { applied, probes, rollback })
            }
            Err(InstallError::Stopped(failure)) => Err(self.give_up(*failure, target).await),
            Err(InstallError::NotBegun(error)) => Err(error.into()),
        }
    }

    async fn apply_and_probe(&self) -> Result<(ApplyReport, ProbeReport), InstallError> {
        let Self { cluster, set, revision, options, caller, .. } = self;
        let applied = match self.changes {
            true => cluster.install(set, revision, options, caller, &*self.reporter).await?,
            false => cluster.wait(set, revision, &*self.reporter).await?,
        };
        match cluster.probe(set, Patience::Layer, &*self.reporter).await {
            Ok(probes) => Ok((applied, probes)),
            Err(error) => Err(InstallError::Stopped(Box::new(InstallFailure::after(applied, error)))),
        }
    }

    async fn judge(
        &self,
        applied: &ApplyReport,
        probes: &ProbeReport,
        target: Option<RollbackTarget>,
    ) -> Option<Result<Rollback, ClusterError>> {
        let failed = probes.results.iter().filter(|result| !result.passed);
        let failed: Vec<_> = failed.map(|one| format!("{}/{}", one.layer, one.name)).collect();
        if failed.is_empty() {
            if applied.written {
                self.announce(Notice::Installed(self.name())).await;
            }
            return None;
        }
        let words = format!("{}: probes failed: {}", self.name(), failed.join(", "));
        self.announce(Notice::NotEnforced(words)).await;
        self.go_back(target).await
    }

    async fn give_up(&self, failure: InstallFailure, target: Option<RollbackTarget>) -> OpsError {
        let mut rollback = None;
        // Another run holds the Lease now: leave the cluster to it.
        if !matches!(failure.error, ClusterError::LeaseLost { .. }) {
            let words = format!("{}: {}", self.name(), failure.error);
            self.announce(Notice::InstallFailed(words)).await;
            rollback = self.go_back(target).await;
        }
        OpsError::Stopped(Box::new(StoppedInstall { failure, rollback }))
    }

    async fn go_back(&self, target: Option<RollbackTarget>) -> Option<Result<Rollback, ClusterError>> {
        let outcome = self.cluster.roll_back(&target?, &self.options, self.caller, &*self.reporter).await;
        if let Ok(Rollback::To { revision, .. }) = &outcome {
            let words = format!("{} {} after {} failed", revision.bundle, revision.version, self.name());
            self.announce(Notice::RolledBack(words)).await;
        }
        Some(outcome)
    }

    async fn announce(&self, notice: Notice) {
        self.cluster.announce(&notice, self.caller, &*self.reporter).await;
    }

    fn name(&self) -> String {
        format!("{} {}", self.revision.bundle, self.revision.version)
    }
}
