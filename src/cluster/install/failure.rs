//! Why an install failed, and how far it came.

use std::fmt;

use super::report::{ApplyReport, LayerReport};
use crate::cluster::api::error::ClusterError;
use crate::cluster::change::apply::Applier;
use crate::cluster::change::found::Found;
use crate::cluster::change::prepare::PreparedLayer;
use crate::cluster::objects::compare::differences;

/// Why a set is not installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// Nothing was changed.
    #[error(transparent)]
    NotBegun(#[from] ClusterError),
    /// The install began, and stopped.
    #[error(transparent)]
    Stopped(Box<InstallFailure>),
}

impl InstallError {
    /// Returns the error that stopped the install, before or after it began.
    #[must_use]
    pub fn cause(&self) -> &ClusterError {
        match self {
            Self::NotBegun(error) => error,
            Self::Stopped(failure) => &failure.error,
        }
    }

    /// Returns the same, owned.
    #[must_use]
    pub fn into_cause(self) -> ClusterError {
        match self {
            Self::NotBegun(error) => error,
            Self::Stopped(failure) => failure.error,
        }
    }

    /// Returns how far the install came; `None` if it never began.
    #[must_use]
    pub fn failure(&self) -> Option<&InstallFailure> {
        match self {
            Self::NotBegun(_) => None,
            Self::Stopped(failure) => Some(failure),
        }
    }
}

/// An install that began, and stopped.
#[derive(Debug)]
pub struct InstallFailure {
    /// Why it stopped.
    pub error: ClusterError,
    /// The complete layers, and the revision before.
    pub done: ApplyReport,
    /// The layer that failed, and the state of its objects; `None` if all layers are complete.
    pub failed: Option<LayerReport>,
    /// The layers that are unchanged.
    pub remaining: Vec<String>,
}

impl fmt::Display for InstallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for InstallFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl InstallFailure {
    /// Says that every layer was installed before this error.
    #[must_use]
    pub fn after(done: ApplyReport, error: ClusterError) -> Self {
        Self { error, done, failed: None, remaining: Vec::new() }
    }
}

/// Tells how far an install of layers came: `failed` is the first one that is not done.
pub(in crate::cluster) fn stopped(
    error: ClusterError,
    done: ApplyReport,
    layers: &[PreparedLayer<'_>],
    failed: LayerReport,
) -> InstallError {
    let mut rest = layers.iter().skip(done.layers.len());
    let failed = rest.next().map(|_| failed);
    let remaining = rest.map(|layer| layer.name.to_owned()).collect();
    InstallError::Stopped(Box::new(InstallFailure { error, done, failed, remaining }))
}

/// Reports the objects of a layer that failed; those that cannot be read are left out.
pub(in crate::cluster) async fn survey(
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
