//! `bundle enforce`: moves constraints, and writes the choice into the site file.

use std::path::{Path, PathBuf};

use crate::cluster::{Caller, Cluster, ConnectOptions, EnforceOptions, EnforceReport};
use crate::ops::error::OpsError;
use crate::ops::files::read_text;
use crate::output::{Place, replace};
use crate::report::Reporter;
use crate::spec::Site;

/// The change of enforcement, and the files to record it in.
#[derive(Debug, Clone)]
pub struct EnforceRequest {
    /// How the cluster is reached.
    pub cluster: ConnectOptions,
    /// Who moves them, and when.
    pub caller: Caller,
    /// Which constraints, and how.
    pub options: EnforceOptions,
    /// The site file that keeps the choice.
    pub to_site: Option<PathBuf>,
}

/// What became of it.
#[derive(Debug)]
#[must_use]
pub struct Enforced {
    /// What became of the constraints.
    pub report: EnforceReport,
    /// The site file that says so now.
    pub site: Option<PathBuf>,
}

/// Moves constraints. The site file is read and edited before, and written after the cluster enforces what it says.
///
/// # Errors
/// When the site file cannot be edited, or the cluster does not do what was asked.
pub async fn enforce(request: &EnforceRequest, reporter: &dyn Reporter) -> Result<Enforced, OpsError> {
    let edit = request.to_site.as_ref().map(|path| edit(path, &request.options)).transpose()?;
    let cluster = Cluster::connect(&request.cluster).await?;
    let report = cluster.enforce(&request.options, &request.caller, reporter).await?;
    let mut site = None;
    if let Some((place, old, new)) = edit.filter(|_| report.refused.is_empty()) {
        if old != new {
            replace(&place, new.as_bytes())?;
        }
        site = request.to_site.clone();
    }
    Ok(Enforced { report, site })
}

/// Returns the file itself, whatever links lead to it, its text, and the text that it is to have.
fn edit(path: &Path, options: &EnforceOptions) -> Result<(Place, String, String), OpsError> {
    let place = Place::file(path)?;
    let old = read_text(path)?;
    let new = Site::with_enforcement(&old, &path.display().to_string(), &options.policies, options.action)?;
    Ok((place.writable()?, old, new))
}
