//! `bundle probe`.

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::command::help::{CLUSTER, Help, PROXIES};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::TargetOptions;
use crate::cli::report::probes::{both, json, live_table, table};
use crate::cli::ui::Ui;
use crate::ops::{OpsError, probe, probe_live};

const HELP: Help = Help {
    examples: &[
        "bundle probe homelab.tar --key site.pub --site site.yaml",
        "bundle probe homelab.tar --key site.pub --site site.yaml --live",
    ],
    success: "the bundle enforces",
    refusal: Some("a probe failed, or the bundle was refused"),
    variables: &[CLUSTER, PROXIES],
};

/// Prove that an installed bundle enforces its policies
///
/// Sends requests that violate them, as dry runs, and checks that the API server rejects each for the expected reason.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    /// Test the site's NetworkPolicies, too, with short-lived pods
    ///
    /// Needs the right to create and delete pods in the site's namespaces. The pods are deleted at the end, also on Ctrl-C. Pods of a
    /// killed run exit after three minutes; the next run deletes them.
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    target: TargetOptions,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let target = self.target.target(ui, environment)?;
        let (file, reporter) = (&self.target.bundle.file, ui.reporter());
        if !self.live {
            let report = probe(file, &target, &*reporter).await?;
            ui.result(&table(&report), &json(&report));
            return Ok(report.passed());
        }
        let (report, live) = probe_live(file, &target, stopped()?, &*reporter).await?;
        let tables = [table(&report), live_table(&live)];
        ui.result(tables.join("\n").trim_end(), &both(&report, &live));
        Ok(report.passed() && live.passed())
    }
}

/// Waits for SIGTERM or SIGINT.
fn stopped() -> Result<impl Future<Output = ()>, OpsError> {
    let failed = |error: std::io::Error| OpsError::Usage {
        message: format!("cannot listen for signals: {error}"),
        hint: "run it without --live: an interrupt would leave pods behind".to_owned(),
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
    })
}
