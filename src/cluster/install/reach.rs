//! Installs a set, or waits for one that is installed.

use super::failure::{InstallError, stopped};
use super::installer::Installer;
use super::ledger::Ledger;
use super::report::{ApplyReport, LayerReport};
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::pace::Pace;
use crate::cluster::change::apply::{Applier, SETTLING};
use crate::cluster::change::options::ApplyOptions;
use crate::cluster::change::prepare::prepare;
use crate::cluster::readiness::wait::session::Wait;
use crate::cluster::record::caller::Caller;
use crate::cluster::record::inventory::Revision;
use crate::cluster::record::lease::Lease;
use crate::cluster::record::rendered_set::PackedSet;
use crate::rendered::ObjectSet;
use crate::report::Reporter;

/// The goal of an install.
#[derive(Clone, Copy)]
pub(super) struct Goal<'a> {
    pub(super) set: &'a ObjectSet,
    pub(super) revision: &'a Revision,
    /// Whether this undoes an install that failed.
    pub(super) goes_back: bool,
}

impl Cluster {
    /// Applies a set, waits for every layer, and removes the objects that only an earlier revision had.
    ///
    /// After a failure, the same call continues. It does not probe.
    ///
    /// # Errors
    ///
    /// [`InstallError::NotBegun`] when an object is faulty or of an unknown kind, or when another run holds the Lease.
    /// [`InstallError::Stopped`] when an object is refused or has fields of other owners, or when a layer is not ready within
    /// its timeout; the layers after it are unchanged.
    pub async fn install(
        &self,
        set: &ObjectSet,
        revision: &Revision,
        options: &ApplyOptions,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<ApplyReport, InstallError> {
        self.reach(Goal { set, revision, goes_back: false }, options, caller, reporter).await
    }

    pub(super) async fn reach(
        &self,
        goal: Goal<'_>,
        options: &ApplyOptions,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<ApplyReport, InstallError> {
        let layers = prepare(&self.api, goal.set).await?;
        let set = PackedSet::of(goal.set)?;
        let lease = Lease::new(&self.api, caller, reporter);
        let mut ledger = Ledger::open(&self.api, goal.revision, &set, &layers).await?;
        if goal.goes_back {
            ledger.prefer_current();
        }
        let applier = Applier { api: &self.api, options, patience: SETTLING, lease: Some(&lease), reporter };
        let from = ledger.before().map(|(revision, _)| revision.clone());
        let report = ApplyReport { from, ..Default::default() };
        let mut installer = Installer { applier, ledger, lease: &lease, reporter, report, begun: None };
        let outcome = lease.during(installer.install(&layers)).await;
        installer.conclude(outcome, &layers).await
    }

    /// Waits until every layer of an installed set is ready. If [`Cluster::plan`] is empty, an install needs nothing else.
    ///
    /// # Errors
    ///
    /// When a layer is not ready within its timeout, or the API server cannot be asked.
    pub async fn wait(
        &self,
        set: &ObjectSet,
        revision: &Revision,
        reporter: &dyn Reporter,
    ) -> Result<ApplyReport, InstallError> {
        let mut report = ApplyReport { from: Some(revision.clone()), ..Default::default() };
        let layers = prepare(&self.api, set).await?;
        for layer in &layers {
            let wait = Wait { api: &self.api, layer: layer.name, reporter };
            let ready = wait.until(layer.wait_for, layer.ids(), &mut Pace::within(layer.timeout)).await;
            if let Err(error) = ready {
                return Err(stopped(error, report, &layers, LayerReport::up_to_date(layer)));
            }
            report.layers.push(LayerReport::up_to_date(layer));
        }
        Ok(report)
    }
}
