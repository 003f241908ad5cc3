//! `bundle install`.

pub(super) mod plan;

use super::environment::Environment;
use super::error::Failure;
use super::findings;
use super::options::{BundleOptions, ClusterOptions, ContentsOptions, NetworkOptions, SiteOptions};
use super::probe;
use super::stopped;
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
    /// Go back to what was complete before, should this fail
    #[arg(long)]
    rollback_on_failure: bool,
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
            caller: environment.caller(),
            rollback_on_failure: self.rollback_on_failure,
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
        let installed = install(&self.bundle.file, options, ui.reporter()).await;
        let report = installed.inspect_err(|error| {
            if let Some(failure) = error.install_failure() {
                ui.failed_result(&stopped::json(failure));
            }
        })?;
        ui.result(&text(&report), &json(&report));
        Ok(report.probes.passed())
    }
}

pub(super) fn refused(findings: &[Finding]) -> serde_json::Value {
    serde_json::json!({"installed": false, "findings": findings})
}

fn text(report: &InstallReport) -> String {
    let applied = &report.applied;
    let verdict = if report.probes.passed() {
        format!("installed {} {}", report.verified.name, report.verified.version)
    } else {
        "NOT installed: what was applied does not enforce".to_owned()
    };
    let rollback = report.rollback.as_ref().map(|rollback| format!("\n{}", stopped::rollback_text(rollback)));
    format!(
        "{}\n{}\n{verdict}{}",
        probe::table(&report.probes),
        stopped::counts_text(applied),
        rollback.unwrap_or_default(),
    )
}

pub(super) fn json(report: &InstallReport) -> serde_json::Value {
    serde_json::json!({
        "installed": report.probes.passed(),
        "bundle": {"name": report.verified.name, "version": report.verified.version, "digest": report.verified.digest},
        "findings": report.findings,
        "push": report.pushed,
        "from": report.applied.from,
        "objects": stopped::counts(&report.applied),
        "probes": probe::json(&report.probes),
        "rollback": report.rollback.as_ref().map(stopped::rollback_json),
    })
}
