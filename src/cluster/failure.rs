//! How far an install came that did not come to its end.

use super::apply::{Applier, Found};
use super::compare::differences;
use super::error::ClusterError;
use super::install::{ApplyReport, LayerReport};
use super::prepare::PreparedLayer;
use super::rollback::Rollback;

/// An install that was begun, and stopped.
#[derive(Debug)]
pub struct InstallFailure {
    /// Why it stopped.
    pub error: ClusterError,
    /// The layers that are complete, and what was installed before.
    pub done: ApplyReport,
    /// The layer that failed, and what had become of its objects; `None` when all layers are complete.
    pub failed: Option<LayerReport>,
    /// The layers that were not begun.
    pub remaining: Vec<String>,
    /// What came of going back, where that was asked for.
    pub rollback: Option<Result<Rollback, ClusterError>>,
}

impl ClusterError {
    /// Says that everything had been applied before this error.
    #[must_use]
    pub fn after(self, done: ApplyReport) -> Self {
        stopped(self, done, &[], LayerReport::default())
    }
}

/// Tells how far an install of layers came: `failed` is the first one that is not done.
pub(super) fn stopped(
    error: ClusterError,
    done: ApplyReport,
    layers: &[PreparedLayer<'_>],
    failed: LayerReport,
) -> ClusterError {
    let mut rest = layers.iter().skip(done.layers.len());
    let failed = rest.next().map(|_| failed);
    let remaining = rest.map(|layer| layer.name.to_owned()).collect();
    ClusterError::Stopped(Box::new(InstallFailure { error, done, failed, remaining, rollback: None }))
}

/// Looks what became of the objects of a layer that failed. What cannot be looked up is not told.
pub(super) async fn survey(
    applier: &Applier<'_>,
    layer: &PreparedLayer<'_>,
    before: Vec<Option<Found>>,
) -> LayerReport {
    let mut report = LayerReport { name: layer.name.to_owned(), ..Default::default() };
    if before.is_empty() {
        return report;
    }
    let now = applier.look_up(&layer.objects).await.unwrap_or_default();
    for (object, (before, now)) in layer.objects.iter().zip(before.iter().zip(&now)) {
        match (before, now) {
            (_, None) => {}
            (None, Some(_)) => report.created.push(object.id.clone()),
            (Some(before), Some(now)) if differences(&before.live, &now.live).is_empty() => {
                report.unchanged += 1
            }
            (Some(_), Some(_)) => report.changed.push(object.id.clone()),
        }
    }
    report
}
