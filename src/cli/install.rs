//! `bundle install`.

use super::environment::Environment;
use super::error::Failure;
use super::findings;
use super::options::{BundleOptions, ClusterOptions, NetworkOptions, SiteOptions};
use super::probe;
use super::ui::Ui;
use crate::ops::{InstallOptions, InstallReport, OpsError, Target, install};
use crate::report::Finding;

/// Verify, push, render, apply, wait and prove: a bundle into a cluster, in one command
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    site: SiteOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    network: NetworkOptions,
    /// Move tags that point to something else
    #[arg(long)]
    retag: bool,
    /// Take over fields that another manager owns
    #[arg(long)]
    force_conflicts: bool,
    /// How many blobs are sent at once
    #[arg(long, value_name = "N", default_value_t = 4)]
    jobs: usize,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let target = Target {
            trust: self.bundle.trust(ui, environment)?,
            cluster: self.cluster.connect(environment),
            site: self.site.choice()?,
        };
        let options = InstallOptions {
            target,
            access: self.network.access(environment),
            retag: self.retag,
            force_conflicts: self.force_conflicts,
            jobs: self.jobs,
        };
        let report = match install(&self.bundle.file, &options, ui.reporter()).await {
            Err(OpsError::Preflight(findings)) => {
                ui.result(&findings::text(&findings), &refused(&findings));
                return Ok(false);
            }
            report => report?,
        };
        ui.result(&text(&report), &json(&report));
        Ok(report.probes.passed())
    }
}

fn refused(findings: &[Finding]) -> serde_json::Value {
    serde_json::json!({"installed": false, "findings": findings})
}

fn text(report: &InstallReport) -> String {
    let applied = &report.applied;
    let verdict = if report.probes.passed() {
        format!("installed {} {}", report.verified.name, report.verified.version)
    } else {
        "NOT installed: what was applied does not enforce".to_owned()
    };
    format!(
        "{}\n{} objects created, {} changed, {} unchanged, {} pruned\n{verdict}",
        probe::table(&report.probes),
        applied.created(),
        applied.changed(),
        applied.unchanged(),
        applied.pruned.deleted.len(),
    )
}

fn json(report: &InstallReport) -> serde_json::Value {
    serde_json::json!({
        "installed": report.probes.passed(),
        "bundle": {"name": report.verified.name, "version": report.verified.version, "digest": report.verified.digest},
        "findings": report.findings,
        "push": report.pushed,
        "objects": {
            "created": report.applied.created(),
            "changed": report.applied.changed(),
            "unchanged": report.applied.unchanged(),
            "pruned": report.applied.pruned.deleted.len(),
        },
        "probes": probe::json(&report.probes),
    })
}
