//! `bundle probe`: proves that an installed bundle enforces.

use std::path::Path;

use super::target::Target;
use crate::cluster::{LiveReport, Patience, ProbeReport};
use crate::ops::error::OpsError;
use crate::report::Reporter;

/// Proves that an installed bundle enforces.
///
/// # Errors
/// When the bundle is refused, or the cluster cannot be asked.
pub async fn probe(path: &Path, target: &Target, reporter: &dyn Reporter) -> Result<ProbeReport, OpsError> {
    let (cluster, set) = target.render(path).await?;
    Ok(cluster.probe(&set, Patience::Brief, reporter).await?)
}

/// Proves that an installed bundle enforces, its NetworkPolicies too: with short-lived pods, which are gone when it returns.
///
/// It is stopped by letting `stop` become ready.
///
/// # Errors
/// When the bundle is refused, the cluster cannot be asked, or it was stopped.
pub async fn probe_live(
    path: &Path,
    target: &Target,
    stop: impl Future<Output = ()>,
    reporter: &dyn Reporter,
) -> Result<(ProbeReport, LiveReport), OpsError> {
    let (cluster, set) = target.render(path).await?;
    let probes = cluster.probe(&set, Patience::Brief, reporter).await?;
    Ok((probes, cluster.probe_live(&set, stop, reporter).await?))
}
