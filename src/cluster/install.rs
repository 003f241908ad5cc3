//! Brings the cluster to what was rendered: layer by layer, each written down, applied, and waited for.

use super::Cluster;
use super::apply::{Applied, Applier, ApplyOptions, Found, Outcome, SETTLING, Standing};
use super::error::ClusterError;
use super::inventory::Revision;
use super::leaving::{held, still_deleting};
use super::ledger::Ledger;
use super::object::ObjectId;
use super::order::Rank;
use super::pace::{Pace, Teller};
use super::prepare::{PreparedLayer, prepare};
use super::remove::{RemovalReport, Remover, generated};
use super::wait::Wait;
use crate::render::{Condition, RenderedSet};
use crate::report::Reporter;

/// What an install did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct ApplyReport {
    /// The layers, in order.
    pub layers: Vec<LayerReport>,
    /// What an earlier revision had, and this one has not.
    pub pruned: RemovalReport,
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

impl Cluster {
    /// Applies a set, waits for every layer, and takes away what an earlier revision had in addition.
    ///
    /// Where it stops, the same call goes on. It does not probe.
    ///
    /// # Errors
    ///
    /// Before anything is changed: when an object is faulty or of an unknown kind. Then: when an object is refused, has
    /// fields of others, or a layer is not ready in its time; the layers behind it are not touched.
    pub async fn install(
        &self,
        set: &RenderedSet,
        revision: &Revision,
        options: &ApplyOptions,
        reporter: &dyn Reporter,
    ) -> Result<ApplyReport, ClusterError> {
        let layers = prepare(&self.api, set).await?;
        let ledger = Ledger::open(&self.api, revision, &layers).await?;
        let applier = Applier { api: &self.api, options, patience: SETTLING, reporter };
        let mut installer = Installer { applier, ledger, reporter };
        let mut report = ApplyReport::default();
        for layer in &layers {
            report.layers.push(installer.install_layer(layer).await?);
        }
        report.pruned = installer.prune(&layers).await?;
        Ok(report)
    }
}

impl Cluster {
    /// Waits until every layer of a set that is there is ready. Where [`Cluster::plan`] is empty, this is all of an install.
    ///
    /// # Errors
    ///
    /// When a layer is not ready in its time, or the API server cannot be asked.
    pub async fn wait(
        &self,
        set: &RenderedSet,
        reporter: &dyn Reporter,
    ) -> Result<ApplyReport, ClusterError> {
        let mut report = ApplyReport::default();
        for layer in &prepare(&self.api, set).await? {
            let wait = Wait { api: &self.api, layer: layer.name, reporter };
            wait.until(layer.wait_for, &layer.objects, &mut Pace::within(layer.timeout)).await?;
            let (name, left_out) = (layer.name.to_owned(), layer.left_out.clone());
            let unchanged = layer.objects.len();
            report.layers.push(LayerReport { name, left_out, unchanged, ..Default::default() });
        }
        Ok(report)
    }
}

struct Installer<'a> {
    applier: Applier<'a>,
    ledger: Ledger<'a>,
    reporter: &'a dyn Reporter,
}

impl Installer<'_> {
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
        let standings = self.ledger.intend(layer, &found).await?;
        let applied = self.apply_layer(layer, &found, &standings, &mut pace).await?;
        self.ledger.record(layer, &applied).await?;
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
        self.ledger.finish(&surplus, &report).await?;
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
