//! `bundle install`.

use crate::cli::command::help::{CLUSTER, Help, LOGINS, PROXIES};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::{ContentsOptions, NetworkOptions, TargetOptions};
use crate::cli::report::{findings, install as shown, plan as planned};
use crate::cli::ui::Ui;
use crate::ops::{InstallOptions, OpsError, install, plan};

const HELP: Help = Help {
    examples: &[
        "bundle install homelab.tar --key site.pub --site site.yaml --plan",
        "bundle install homelab.tar --key site.pub --site site.yaml --jobs 8",
    ],
    success: "installed and enforcing; with --plan: nothing to change",
    refusal: Some("refused, not installed or not enforcing; with --plan: changes"),
    variables: &[CLUSTER, PROXIES, LOGINS],
};

/// Install a bundle: verify, push, render, apply, wait and probe
///
/// First checks everything that could make the install fail, and reports all errors before anything changes. Only one install runs at a
/// time. After a failure, run the same command again to continue.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    /// Show the changes without making them; exits 1 if there are any
    #[arg(long)]
    plan: bool,
    /// On failure, roll back to the last complete revision
    #[arg(long)]
    rollback_on_failure: bool,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    network: NetworkOptions,
    /// Move tags that point to other content
    #[arg(long, help_heading = "Registry")]
    retag: bool,
    /// Take over fields that another manager owns
    #[arg(long, help_heading = "Cluster")]
    force_conflicts: bool,
    #[command(flatten)]
    contents: ContentsOptions,
    /// Blobs that are sent at once
    #[arg(long, value_name = "N", default_value_t = 4, help_heading = "Network")]
    jobs: usize,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let options = InstallOptions {
            target: self.target.target(ui, environment)?,
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
                ui.result(&findings::text(&findings), &shown::refused(&findings));
                Ok(false)
            }
            done => Ok(done?),
        }
    }

    async fn show_plan(&self, ui: &Ui, options: &InstallOptions) -> Result<bool, OpsError> {
        let report = plan(&self.target.bundle.file, options, ui.reporter()).await?;
        ui.result(&planned::text(&report), &planned::json(&report));
        Ok(report.is_empty())
    }

    async fn install(&self, ui: &Ui, options: &InstallOptions) -> Result<bool, OpsError> {
        let report = install(&self.target.bundle.file, options, ui.reporter()).await?;
        ui.result(&shown::text(&report), &shown::json(&report));
        Ok(report.probes.passed())
    }
}
