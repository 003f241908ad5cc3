//! What would keep an install from working, found out before anything is changed: of the cluster and of the registry, in one go.

use std::collections::BTreeMap;

use super::push::{PushOptions, plan};
use crate::archive::Archive;
use crate::cluster::{Cluster, Intent, Revision};
use crate::ops::bundle::Documents;
use crate::ops::error::OpsError;
use crate::reference::ImageRef;
use crate::registry::push::PushPlan;
use crate::rendered::RenderedSet;
use crate::report::{Finding, Reporter, Severity};

/// The bundle about to be installed, and its target.
#[derive(Clone, Copy)]
pub struct Preflight<'a> {
    /// The bundle.
    pub archive: &'a Archive,
    /// What it is called in the inventory.
    pub revision: &'a Revision,
    /// Its objects.
    pub set: &'a RenderedSet,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// How its registry is pushed to.
    pub push: &'a PushOptions,
    /// Whether fields of other managers are taken over.
    pub force_conflicts: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct PreflightReport {
    /// What is not as it must be, or should be known; errors first.
    pub findings: Vec<Finding>,
    /// What would be pushed; `None` if the registry could not be asked, which is among the findings.
    pub push: Option<PushPlan>,
}

impl PreflightReport {
    /// Tells whether there is an error among the findings.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }

    /// Reports every finding, and continues unless one of them is an error.
    ///
    /// # Errors
    /// All findings, when one of them is an error.
    pub fn accept(self, reporter: &dyn Reporter) -> Result<Self, OpsError> {
        if self.has_errors() {
            return Err(OpsError::Preflight(self.findings));
        }
        for finding in &self.findings {
            match finding.severity {
                Severity::Note => reporter.step(finding.to_string()),
                Severity::Warning | Severity::Error => reporter.warn(finding.words()),
            }
        }
        Ok(self)
    }
}

/// Finds out what would keep an install from working. Nothing is changed: what is written anywhere is a dry run, or an upload
/// that is cancelled before it begins.
///
/// Free space in the registry cannot be checked remotely; [`PreflightReport::push`] has the bytes that it needs at most.
///
/// # Errors
/// When the cluster cannot be asked, or the bundle's own files are altered.
pub async fn preflight(asked: Preflight<'_>) -> Result<PreflightReport, OpsError> {
    let platforms = platforms(asked.archive)?;
    let host = &asked.push.endpoint.host;
    let intent = Intent {
        revision: asked.revision,
        set: asked.set,
        platforms: &platforms,
        registry: host,
        force_conflicts: asked.force_conflicts,
    };
    let (cluster, registry) = tokio::join!(asked.cluster.preflight(&intent), of_registry(asked));
    let (mut findings, (push, of_registry)) = (cluster?, registry);
    findings.extend(of_registry);
    findings.sort_by_key(|finding| finding.severity);
    Ok(PreflightReport { findings, push })
}

async fn of_registry(asked: Preflight<'_>) -> (Option<PushPlan>, Option<Finding>) {
    let subject = format!("registry `{}`", asked.push.endpoint.host);
    let plan = match plan(asked.archive, asked.push).await {
        Ok(plan) => plan,
        Err(error) => return (None, Some(of_error(subject, &error))),
    };
    let finding = plan.check_writable().await.err().map(|error| {
        of_error(subject, &error.into()).expected(format!(
            "a registry that takes the {} of {} entries that it lacks",
            plan.summary().entries,
            plan.summary().entries + plan.summary().present
        ))
    });
    (Some(plan.summary()), finding)
}

fn of_error(subject: String, error: &OpsError) -> Finding {
    Finding::error(subject, error.words()).hint(error.hint().unwrap_or_default())
}

/// Returns the platforms of each image, from the lock.
fn platforms(archive: &Archive) -> Result<BTreeMap<ImageRef, Vec<String>>, OpsError> {
    let lock = Documents::of(archive)?.lock;
    let composed = lock.composed.into_iter().map(|image| (image.reference, image.platforms));
    Ok(lock.items.into_iter().map(|item| (item.reference, item.platforms)).chain(composed).collect())
}
