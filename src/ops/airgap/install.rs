//! `bundle install`: verify, push, render, apply, wait, probe.
//!
//! What can be found out without changing anything is found out first: the bundle, the cluster, the registry and the
//! rendered objects, in that order, before a byte is pushed.

mod attempt;

use std::path::Path;
use std::sync::Arc;

use attempt::{Attempt, Attempted};

use super::preflight::{Preflight, PreflightReport, preflight};
use super::push::{PushOptions, push};
use super::render::render_site;
use super::target::Target;
use super::verify::{VerifyReport, verify};
use crate::archive::Archive;
use crate::cluster::{
    ApplyOptions, ApplyReport, Caller, Cluster, ClusterError, Plan, ProbeReport, Revision, Rollback,
    WithContents,
};
use crate::ops::error::OpsError;
use crate::registry::push::PushReport;
use crate::registry::{Access, Endpoint};
use crate::rendered::RenderedSet;
use crate::report::{Finding, Reporter};
use crate::spec::Site;

/// How to install.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// Where, and whom to trust.
    pub target: Target,
    /// How its registry is reached.
    pub access: Access,
    /// Whether tags that point elsewhere are moved.
    pub retag: bool,
    /// Whether fields of other managers are taken over.
    pub force_conflicts: bool,
    /// What goes with whatever is in it, once the bundle no longer has it.
    pub delete_with_contents: WithContents,
    /// How many blobs are sent at once.
    pub jobs: usize,
    /// Who installs, and when.
    pub caller: Caller,
    /// Whether an install that fails goes back to what was complete before.
    pub rollback_on_failure: bool,
}

/// What was installed. It is installed only if the probes passed.
#[must_use]
pub struct InstallReport {
    /// What was verified.
    pub verified: VerifyReport,
    /// What was found out before: warnings and notes.
    pub findings: Vec<Finding>,
    /// What was pushed.
    pub pushed: PushReport,
    /// What was applied.
    pub applied: ApplyReport,
    /// What was proved.
    pub probes: ProbeReport,
    /// The outcome of the rollback, if the probes failed and a rollback was asked for.
    pub rollback: Option<Result<Rollback, ClusterError>>,
}

/// Returns the endpoint of a site's registry.
#[must_use]
pub fn site_endpoint(site: &Site) -> Endpoint {
    Endpoint::new(&site.registry.address, site.registry.plain_http, &site.registry.prefix)
}

/// Everything that is known before anything is changed.
struct Ready {
    archive: Archive,
    verified: VerifyReport,
    cluster: Cluster,
    set: RenderedSet,
    revision: Revision,
    push: PushOptions,
    preflight: PreflightReport,
    plan: Plan,
}

/// What an install would do.
#[must_use]
pub struct PlanReport {
    /// What was verified.
    pub verified: VerifyReport,
    /// What was found out before, and what would be pushed.
    pub preflight: PreflightReport,
    /// What would happen in the cluster.
    pub plan: Plan,
    /// The files that the nodes must have, as paths below `nodes/`.
    pub node_files: Vec<String>,
}

impl PlanReport {
    /// Tells whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let pushed = self.preflight.push.as_ref().is_some_and(|push| push.entries == 0 && push.blobs == 0);
        pushed && self.plan.is_empty() && !self.preflight.has_errors()
    }
}

/// Returns what the cluster would refuse, as what keeps an install from being begun.
fn refusals(plan: &Plan) -> impl Iterator<Item = Finding> {
    let step = "`bundle install --plan` shows it beside everything else; `--force-conflicts` takes over fields of others";
    plan.refused().map(move |(object, reason)| {
        let id = object.id.to_string();
        let reason = reason.strip_prefix(&id).unwrap_or(reason).trim_start();
        Finding::error(id, format!("it would be refused: {reason}"))
            .expected("an object that the cluster accepts")
            .hint(step)
    })
}

/// Says what [`install`] would do, and changes nothing.
///
/// # Errors
/// When the bundle is refused, or the cluster or the registry cannot be asked.
pub async fn plan(
    path: &Path,
    options: &InstallOptions,
    reporter: Arc<dyn Reporter>,
) -> Result<PlanReport, OpsError> {
    let ready = Ready::find_out(path, options, &*reporter).await?;
    let node_files = ready.set.node_files.into_iter().map(|(path, _)| path).collect();
    Ok(PlanReport { verified: ready.verified, preflight: ready.preflight, plan: ready.plan, node_files })
}

/// Installs a bundle.
///
/// # Errors
/// The first step that fails; the next ones are not begun. The same command continues from there. If objects were already
/// applied, [`OpsError::Stopped`] says which.
pub async fn install(
    path: &Path,
    options: &InstallOptions,
    reporter: Arc<dyn Reporter>,
) -> Result<InstallReport, OpsError> {
    let mut ready = Ready::find_out(path, options, &*reporter).await?;
    ready.preflight.findings.extend(refusals(&ready.plan));
    ready.preflight.findings.sort_by_key(|finding| finding.severity);
    ready.preflight = ready.preflight.accept(&*reporter)?;
    let pushed = push(Arc::new(ready.archive), &ready.push, reporter.clone()).await?;
    reporter.step(format!(
        "pushed {} blobs ({} bytes) to `{}`; {} entries were there already",
        pushed.blobs, pushed.bytes, ready.push.endpoint.host, pushed.present
    ));
    let attempt = Attempt {
        cluster: &ready.cluster,
        set: &ready.set.objects,
        revision: &ready.revision,
        changes: !ready.plan.is_empty(),
        options: options.apply(),
        caller: &options.caller,
        rollback_on_failure: options.rollback_on_failure,
        reporter,
    };
    let Attempted { applied, probes, rollback } = attempt.make().await?;
    Ok(InstallReport {
        verified: ready.verified,
        findings: ready.preflight.findings,
        pushed,
        applied,
        probes,
        rollback,
    })
}

impl Ready {
    /// Verifies, asks the cluster and the registry, renders and plans.
    async fn find_out(
        path: &Path,
        options: &InstallOptions,
        reporter: &dyn Reporter,
    ) -> Result<Self, OpsError> {
        let (archive, verified) = verify(path, &options.target.trust, reporter)?;
        reporter.step(format!(
            "verified {} {}, {} bytes, index {}",
            verified.name, verified.version, verified.bytes, verified.digest
        ));
        options.target.site.warn(reporter);
        let (cluster, site) = options.target.reach().await?;
        let push = options.push(&site.site);
        let set = render_site(&archive, &options.target.trust.bundle, &site)?;
        let objects: usize = set.objects.layers.iter().map(|layer| layer.objects.len()).sum();
        reporter.step(format!(
            "rendered {objects} objects in {} layers for {} (Kubernetes {})",
            set.objects.layers.len(),
            site.platform()?.name(),
            cluster.version()
        ));
        let revision = Revision {
            bundle: verified.name.clone(),
            version: verified.version.clone(),
            digest: verified.digest.to_string(),
        };
        let asked = Preflight {
            archive: &archive,
            revision: &revision,
            set: &set,
            cluster: &cluster,
            push: &push,
            force_conflicts: options.force_conflicts,
        };
        let preflight = preflight(asked).await?;
        let plan = match cluster.plan(&set.objects, &revision, &options.apply()).await {
            // What keeps it from being planned is among what was found.
            Err(_) if preflight.has_errors() => return Err(OpsError::Preflight(preflight.findings)),
            plan => plan?,
        };
        Ok(Self { archive, verified, cluster, set, revision, push, preflight, plan })
    }
}

impl InstallOptions {
    fn apply(&self) -> ApplyOptions {
        ApplyOptions {
            force_conflicts: self.force_conflicts,
            delete_with_contents: self.delete_with_contents.clone(),
        }
    }

    fn push(&self, site: &Site) -> PushOptions {
        let endpoint = site_endpoint(site);
        let access = self.access.clone().with_certificates(&endpoint.host, &site.registry.certificates);
        let paths = site.registry.paths.clone();
        PushOptions { endpoint, paths, access, retag: self.retag, jobs: self.jobs }
    }
}
