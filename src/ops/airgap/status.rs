//! `bundle status`: how an installed bundle is.

use jiff::Timestamp;

use crate::cluster::{Cluster, ConnectOptions, Status};
use crate::ops::error::OpsError;
use crate::rendered::Database;

/// An older database is warned of. Trivy's are rebuilt every 6 hours; a bundle crosses less often.
const OLD: i64 = 7;
const DAY: i64 = 24 * 60 * 60;

/// How a cluster is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct StatusReport {
    /// The address of the API server.
    pub server: String,
    /// The version of Kubernetes.
    pub version: String,
    /// How the installed bundle is; `None` when nothing is installed.
    pub status: Option<Status>,
    /// The databases that are old, with their age in days; what of them has no date is not among them.
    pub old: Vec<(Database, i64)>,
}

/// Returns how the installed bundle is at a time, in seconds since 1970.
///
/// # Errors
/// When the cluster cannot be asked, or what it has recorded cannot be read.
pub async fn status(options: &ConnectOptions, now: i64) -> Result<StatusReport, OpsError> {
    let cluster = Cluster::connect(options).await?;
    let status = cluster.status().await?;
    let databases = status.iter().flat_map(|status| &status.databases);
    let old = databases.filter_map(|database| Some((database.clone(), age(database, now)?)));
    let old = old.filter(|(_, days)| *days > OLD).collect();
    Ok(StatusReport {
        server: cluster.server().to_owned(),
        version: cluster.version().to_owned(),
        status,
        old,
    })
}

impl StatusReport {
    /// Tells whether a bundle is installed, healthy, and enforces as it was installed.
    #[must_use]
    pub fn is_as_installed(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.reasons().is_empty())
    }
}

/// Returns the age of a database in days.
fn age(database: &Database, now: i64) -> Option<i64> {
    let created: Timestamp = database.created.parse().ok()?;
    Some(now.saturating_sub(created.as_second()) / DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_age_by_days() {
        for (created, days) in [
            ("2026-11-22T00:00:00Z", Some(0)),
            ("2026-11-14T23:59:59Z", Some(7)),
            ("2026-11-14T00:00:00Z", Some(8)),
            ("", None),
            ("last week", None),
        ] {
            let database = Database { reference: "db:2".into(), created: created.into() };
            let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
            assert_eq!(age(&database, now.as_second()), days, "{created}");
        }
    }
}
