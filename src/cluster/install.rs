//! Brings the cluster to what was rendered: layer by layer, each written down, applied, and waited for.

use super::Cluster;
use super::apply::{Applied, Applier, ApplyOptions, Found, Outcome, SETTLING, Standing};
use super::caller::Caller;
use super::deletion::{held, still_deleting};
use super::error::ClusterError;
use super::failure::{stopped, survey};
use super::inventory::Revision;
use super::lease::Lease;
use super::ledger::Ledger;
use super::object::ObjectId;
use super::order::Rank;
use super::pace::{Pace, Teller};
use super::prepare::{PreparedLayer, prepare};
use super::recorded::PackedSet;
use super::remove::{RemovalReport, Remover, generated};
use super::wait::Wait;
use crate::rendered::{Condition, ObjectSet};
use crate::report::Reporter;

/// What an install did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct ApplyReport {
    /// The layers, in order.
    pub layers: Vec<LayerReport>,
    /// What an earlier revision had, and this one has not.
    pub pruned: RemovalReport,
    /// What was installed before; `None` when nothing was.
    pub from: Option<Revision>,
    /// Whether anything of the install changed.
    pub written: bool,
}

/// What happened to the objects of a layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerReport {
    /// The layer's name.
    pub name: String,
    /// Objects that are new.
    pub created: Vec<ObjectId>,
    /// Objects that were there and are another now.
    pub changed: Vec<ObjectId>,
    /// How many objects stayed as they were.
    pub unchanged: usize,
    /// Objects that others had made before; they stay when this is uninstalled.
    pub adopted: Vec<ObjectId>,
    /// Objects that were left out, as the cluster does not know their kind.
    pub left_out: Vec<String>,
}

impl ApplyReport {
    /// Returns how many objects were created.
    #[must_use]
    pub fn created(&self) -> usize {
        self.layers.iter().map(|layer| layer.created.len()).sum()
    }

    /// Returns how many objects were changed.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.layers.iter().map(|layer| layer.changed.len()).sum()
    }

    /// Returns how many objects stayed as they were.
    #[must_use]
    pub fn unchanged(&self) -> usize {
        self.layers.iter().map(|layer| layer.unchanged).sum()
    }
}

/// What an install is to reach.
#[derive(Clone, Copy)]
pub(super) struct Goal<'a> {
    pub(super) set: &'a ObjectSet,
    pub(super) revision: &'a Revision,
    /// Whether this undoes an install that failed.
    pub(super) goes_back: bool,
}

impl Cluster {
    /// Applies a set, waits for every layer, and takes away what an earlier revision had in addition.
    ///
    /// Where it stops, the same call goes on. It does not probe.
    ///
    /// # Errors
    ///
    /// Before anything is changed: when an object is faulty or of an unknown kind, or when somebody else is changing what is
    /// installed. Then, as [`ClusterError::Stopped`]: when an object is refused, has fields of others, or a layer is not ready
    /// in its time; the layers behind it are not touched.
    pub async fn install(
        &self,
        set: &ObjectSet,
        revision: &Revision,
        options: &ApplyOptions,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<ApplyReport, ClusterError> {
        self.reach(Goal { set, revision, goes_back: false }, options, caller, reporter).await
    }

    pub(super) async fn reach(
        &self,
        goal: Goal<'_>,
        options: &ApplyOptions,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<ApplyReport, ClusterError> {
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

    /// Waits until every layer of a set that is there is ready. Where [`Cluster::plan`] is empty, this is all of an install.
    ///
    /// # Errors
    ///
    /// When a layer is not ready in its time, or the API server cannot be asked.
    pub async fn wait(
        &self,
        set: &ObjectSet,
        revision: &Revision,
        reporter: &dyn Reporter,
    ) -> Result<ApplyReport, ClusterError> {
        let mut report = ApplyReport { from: Some(revision.clone()), ..Default::default() };
        let layers = prepare(&self.api, set).await?;
        for layer in &layers {
            let wait = Wait { api: &self.api, layer: layer.name, reporter };
            let ready = wait.until(layer.wait_for, &layer.objects, &mut Pace::within(layer.timeout)).await;
            if let Err(error) = ready {
                return Err(stopped(error, report, &layers, unchanged(layer)));
            }
            report.layers.push(unchanged(layer));
        }
        Ok(report)
    }
}

struct Installer<'a> {
    applier: Applier<'a>,
    ledger: Ledger<'a>,
    lease: &'a Lease<'a>,
    reporter: &'a dyn Reporter,
    report: ApplyReport,
    /// What was there of the layer that is being installed.
    begun: Option<Vec<Option<Found>>>,
}

impl Installer<'_> {
    async fn install(&mut self, layers: &[PreparedLayer<'_>]) -> Result<(), ClusterError> {
        for layer in layers {
            let report = self.install_layer(layer).await?;
            self.report.layers.push(report);
            self.begun = None;
        }
        self.report.pruned = self.prune(layers).await?;
        Ok(())
    }

    /// Tells what was done, or how far it came.
    async fn conclude(
        mut self,
        outcome: Result<(), ClusterError>,
        layers: &[PreparedLayer<'_>],
    ) -> Result<ApplyReport, ClusterError> {
        self.report.written = self.ledger.is_written() || self.report.created() + self.report.changed() > 0;
        match outcome {
            Ok(()) => Ok(self.report),
            Err(error @ (ClusterError::Held { .. } | ClusterError::Overtaken)) => Err(error),
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
                "layer {}: left out, as the cluster does not know their kinds: {objects}; install again once it does",
                layer.name
            ));
        }
        let found = self.look_up(layer, &mut pace).await?;
        self.begun = Some(found.clone());
        let standings = self.ledger.intend(self.lease, layer, &found).await?;
        let applied = self.apply_layer(layer, &found, &standings, &mut pace).await?;
        self.ledger.record(self.lease, layer, &applied).await?;
        self.wait(layer).until(layer.wait_for, &layer.objects, &mut pace).await?;
        let report = summary(layer, &applied);
        self.reporter.step(format!(
            "layer {}: {} created, {} changed, {} unchanged",
            report.name,
            report.created.len(),
            report.changed.len(),
            report.unchanged
        ));
        Ok(report)
    }

    /// Looks up what is there; whatever is being deleted is waited for, since nothing can be put into its place before.
    async fn look_up(
        &self,
        layer: &PreparedLayer<'_>,
        pace: &mut Pace,
    ) -> Result<Vec<Option<Found>>, ClusterError> {
        let mut teller = Teller::new(self.reporter);
        loop {
            let found = self.applier.look_up(&layer.objects).await?;
            let deleting = |found: &Option<Found>| found.as_ref().is_some_and(|found| found.deleting);
            let Some(place) = found.iter().position(deleting) else { return Ok(found) };
            let id = &layer.objects[place].id;
            let held = held(self.applier.api, id).await?;
            teller.waiting(format!("{id}: it is still being deleted{held}"));
            if !pace.again().await {
                return Err(still_deleting(id, held, pace.waited()));
            }
        }
    }

    async fn apply_layer(
        &self,
        layer: &PreparedLayer<'_>,
        found: &[Option<Found>],
        standings: &[Standing],
        pace: &mut Pace,
    ) -> Result<Vec<Applied>, ClusterError> {
        let mut applied = Vec::with_capacity(layer.objects.len());
        for group in layer.objects.chunk_by(|one, other| one.rank == other.rank) {
            let range = applied.len()..applied.len() + group.len();
            applied.extend(self.applier.apply(group, &found[range.clone()], &standings[range]).await?);
            self.wait(layer).until(needed_at_once(group[0].rank), group, pace).await?;
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

/// What must hold before the objects of the next rank can be applied, whatever the layer says.
fn needed_at_once(rank: Rank) -> &'static [Condition] {
    match rank {
        Rank::Definition => &[Condition::CrdsEstablished],
        Rank::Template => &[Condition::TemplatesCreated],
        _ => &[],
    }
}

fn summary(layer: &PreparedLayer<'_>, applied: &[Applied]) -> LayerReport {
    let (name, left_out) = (layer.name.to_owned(), layer.left_out.clone());
    let mut report = LayerReport { name, left_out, ..Default::default() };
    for (object, applied) in layer.objects.iter().zip(applied) {
        let id = object.id.clone();
        if !applied.created {
            report.adopted.push(id.clone());
        }
        match applied.outcome {
            Outcome::Created => report.created.push(id),
            Outcome::Changed => report.changed.push(id),
            Outcome::Unchanged => report.unchanged += 1,
        }
    }
    report
}

fn unchanged(layer: &PreparedLayer<'_>) -> LayerReport {
    let (name, left_out) = (layer.name.to_owned(), layer.left_out.clone());
    LayerReport { name, left_out, unchanged: layer.objects.len(), ..Default::default() }
}
