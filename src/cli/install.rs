//! `bundle install`.

mod plan;

use super::environment::Environment;
use super::error::Failure;
use super::findings;
use super::options::{BundleOptions, ClusterOptions, ContentsOptions, NetworkOptions, SiteOptions};
use super::probe;
use super::ui::Ui;
use crate::ops::{InstallOptions, InstallReport, OpsError, Target, install, plan};
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
    /// Print what would be done, and change nothing; exit code 1 where there is something to do
    #[arg(long)]
    plan: bool,
    /// Move tags that point to something else
    #[arg(long)]
    retag: bool,
    /// Take over fields that another manager owns
    #[arg(long)]
    force_conflicts: bool,
    #[command(flatten)]
    contents: ContentsOptions,
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
            delete_with_contents: self.contents.asked(),
            jobs: self.jobs,
        };
        let done = match self.plan {
            true => self.show_plan(ui, &options).await,
            false => self.install(ui, &options).await,
        };
        match done {
            Err(OpsError::Preflight(findings)) => {
                ui.result(&findings::text(&findings), &refused(&findings));
                Ok(false)
            }
            done => Ok(done?),
        }
    }

    async fn show_plan(&self, ui: &Ui, options: &InstallOptions) -> Result<bool, OpsError> {
        let report = plan(&self.bundle.file, options, ui.reporter()).await?;
        ui.result(&plan::text(&report), &plan::json(&report));
        Ok(report.is_empty())
    }

    async fn install(&self, ui: &Ui, options: &InstallOptions) -> Result<bool, OpsError> {
        let report = install(&self.bundle.file, options, ui.reporter()).await?;
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
