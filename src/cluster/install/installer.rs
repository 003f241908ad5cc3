//! Installs the layers of a set one after another: each is recorded, applied and waited for; then surplus objects are removed.

use super::failure::{InstallError, stopped, survey};
use super::ledger::Ledger;
use super::report::{ApplyReport, LayerReport};
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::Pace;
use crate::cluster::api::progress::Progress;
use crate::cluster::change::apply::{Applied, Applier, Ownership};
use crate::cluster::change::deletion::{held, still_deleting};
use crate::cluster::change::found::Found;
use crate::cluster::change::prepare::{PreparedLayer, ids};
use crate::cluster::change::remove::{RemovalReport, Remover, generated};
use crate::cluster::objects::rank::Rank;
use crate::cluster::readiness::wait::session::Wait;
use crate::cluster::record::lease::Lease;
use crate::rendered::Condition;
use crate::report::Reporter;

/// An install that is under way.
pub(super) struct Installer<'a> {
    pub(super) applier: Applier<'a>,
    pub(super) ledger: Ledger<'a>,
    pub(super) lease: &'a Lease<'a>,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) report: ApplyReport,
    /// The live objects of the present layer, as they were before.
    pub(super) begun: Option<Vec<Option<Found>>>,
}

impl Installer<'_> {
    /// Installs every layer, then removes the objects that the set no longer has.
    pub(super) async fn install(&mut self, layers: &[PreparedLayer<'_>]) -> Result<(), ClusterError> {
        for layer in layers {
            let report = self.install_layer(layer).await?;
            self.report.layers.push(report);
            self.begun = None;
        }
        self.report.pruned = self.prune(layers).await?;
        Ok(())
    }

    /// Reports what was done, or how far it came.
    pub(super) async fn conclude(
        mut self,
        outcome: Result<(), ClusterError>,
        layers: &[PreparedLayer<'_>],
    ) -> Result<ApplyReport, InstallError> {
        self.report.written = self.ledger.is_written() || self.report.created() + self.report.changed() > 0;
        match outcome {
            Ok(()) => Ok(self.report),
            Err(error @ (ClusterError::Held { .. } | ClusterError::Overtaken)) => Err(error.into()),
            Err(error) => {
                let (begun, place) = (self.begun.take().unwrap_or_default(), self.report.layers.len());
                let failed = match layers.get(place) {
                    Some(layer) => survey(&self.applier, layer, begun).await,
                    None => LayerReport::default(),
                };
                Err(stopped(error, self.report, layers, failed))
            }
        }
    }

    async fn install_layer(&mut self, layer: &PreparedLayer<'_>) -> Result<LayerReport, ClusterError> {
        let mut pace = Pace::within(layer.timeout);
        if !layer.left_out.is_empty() {
            let objects = layer.left_out.join(", ");
            self.reporter.warn(format!(
                "layer {}: skipped, because the cluster does not know their kinds: {objects}; install again when it does",
                layer.name
            ));
        }
        let found = self.look_up(layer, &mut pace).await?;
        self.begun = Some(found.clone());
        let ownerships = self.ledger.intend(self.lease, layer, &found).await?;
        let applied = self.apply_layer(layer, &found, &ownerships, &mut pace).await?;
        self.ledger.record(self.lease, layer, &applied).await?;
        self.wait(layer).until(layer.wait_for, layer.ids(), &mut pace).await?;
        let report = LayerReport::of(layer, &applied);
        self.reporter.step(format!(
            "layer {}: {} created, {} changed, {} unchanged",
            report.name,
            report.created.len(),
            report.changed.len(),
            report.unchanged
        ));
        Ok(report)
    }

    /// Reads the live objects; waits for those that are being deleted, since they cannot be replaced before.
    async fn look_up(
        &self,
        layer: &PreparedLayer<'_>,
        pace: &mut Pace,
    ) -> Result<Vec<Option<Found>>, ClusterError> {
        let mut progress = Progress::new(self.reporter);
        loop {
            let found = self.applier.look_up(&layer.objects).await?;
            let deleting = |found: &Option<Found>| found.as_ref().is_some_and(|found| found.deleting);
            let Some(place) = found.iter().position(deleting) else { return Ok(found) };
            let id = &layer.objects[place].id;
            let held = held(self.applier.api, id).await?;
            progress.waiting(format!("{id}: it is still being deleted{held}"));
            if !pace.again().await {
                return Err(still_deleting(id, held, pace.waited()));
            }
        }
    }

    async fn apply_layer(
        &self,
        layer: &PreparedLayer<'_>,
        found: &[Option<Found>],
        ownerships: &[Ownership],
        pace: &mut Pace,
    ) -> Result<Vec<Applied>, ClusterError> {
        let mut applied = Vec::with_capacity(layer.objects.len());
        for group in layer.objects.chunk_by(|one, other| one.rank == other.rank) {
            let range = applied.len()..applied.len() + group.len();
            applied.extend(self.applier.apply(group, &found[range.clone()], &ownerships[range]).await?);
            self.wait(layer).until(needed_at_once(group[0].rank), ids(group), pace).await?;
        }
        Ok(applied)
    }

    fn wait<'a>(&'a self, layer: &'a PreparedLayer<'_>) -> Wait<'a> {
        Wait { api: self.applier.api, layer: layer.name, reporter: self.reporter }
    }

    async fn prune(&mut self, layers: &[PreparedLayer<'_>]) -> Result<RemovalReport, ClusterError> {
        let surplus = self.ledger.surplus(layers);
        let remover = Remover {
            api: self.applier.api,
            reporter: self.reporter,
            generated: generated(&surplus),
            asked: &self.applier.options.delete_with_contents,
        };
        let report = remover.remove(&surplus).await?;
        self.ledger.finish(self.lease, &surplus, &report).await?;
        self.ledger.sweep(&remover).await?;
        Ok(report)
    }
}

/// The conditions before the objects of the next rank can be applied, whatever the layer says.
fn needed_at_once(rank: Rank) -> &'static [Condition] {
    match rank {
        Rank::Definition => &[Condition::CrdsEstablished],
        Rank::Template => &[Condition::TemplatesCreated],
        _ => &[],
    }
}
