//! `bundle status`.

use std::time::Duration;

use crate::cli::command::help::{CLUSTER, Help, PROXIES};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::ClusterOptions;
use crate::cli::report::failure;
use crate::cli::report::status::{Audits, json, text};
use crate::cli::ui::Ui;
use crate::cluster::ConnectOptions;
use crate::ops::{StatusReport, status};

/// The interval of a watch.
const LOOK_EVERY: Duration = Duration::from_secs(5);

const HELP: Help = Help {
    examples: &["bundle status", "bundle status --watch --context homelab"],
    success: "healthy and enforcing, as installed",
    refusal: Some("something differs; each reason is listed"),
    variables: &[CLUSTER, PROXIES],
};

/// Show what is installed, and whether it is healthy and enforces
///
/// Needs no bundle file: the cluster records what was installed. Compares every object with that record, and sends the probes as dry
/// runs.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    /// Keep watching, and print the status when it changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    cluster: ClusterOptions,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let options = self.cluster.connect(environment);
        if self.watch {
            return watch(&options, ui).await;
        }
        let report = look(&options, environment.now).await?;
        ui.result(&text(&report, Audits::Shown), &json(&report));
        Ok(report.is_as_installed())
    }
}

async fn look(options: &ConnectOptions, now: i64) -> Result<StatusReport, Failure> {
    Ok(status(options, now).await?)
}

/// Asks at the interval until interrupted; the last answer counts. A cluster that stops answering does not end the watch.
async fn watch(options: &ConnectOptions, ui: &Ui) -> Result<bool, Failure> {
    let (mut shown, mut answer) = (String::new(), Ok(false));
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let found = tokio::select! {
            _ = &mut interrupted => return answer,
            found = look(options, Environment::of_process().now) => found,
        };
        // A new audit with the same findings is no change.
        let news = found.as_ref().map_or_else(failure::text, |report| text(report, Audits::Hidden));
        if news != shown {
            match &found {
                Ok(report) => ui.again(&text(report, Audits::Shown), &json(report)),
                Err(failure) => ui.failure(failure),
            }
            shown = news;
        }
        answer = found.map(|report| report.is_as_installed());
        tokio::select! {
            _ = &mut interrupted => return answer,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
