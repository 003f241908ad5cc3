//! `bundle uninstall`: removes what install applied.

use crate::cluster::{Caller, Cluster, ConnectOptions, UninstallReport, WithContents};
use crate::ops::error::OpsError;
use crate::report::Reporter;

/// Removes what install applied, and nothing else.
///
/// # Errors
/// When the cluster cannot be asked, or something does not go away.
pub async fn uninstall(
    options: &ConnectOptions,
    with_contents: &WithContents,
    caller: &Caller,
    reporter: &dyn Reporter,
) -> Result<UninstallReport, OpsError> {
    let cluster = Cluster::connect(options).await?;
    Ok(cluster.uninstall(with_contents, caller, reporter).await?)
}
