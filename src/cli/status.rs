//! `bundle status`.

mod show;

use std::time::Duration;

use super::environment::Environment;
use super::error::Failure;
use super::options::ClusterOptions;
use super::ui::Ui;
use crate::cluster::ConnectOptions;
use crate::ops::{StatusReport, status};
pub(super) use show::json;
use show::{Audits, text};

/// How often a watched cluster is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Show what is installed, and whether it is healthy and enforces as it was installed
///
/// No bundle file is needed. Exit code 1, with each reason, when something is not as it was installed.
#[derive(clap::Args)]
pub struct Args {
    /// Go on, and show it again whenever it changes, until interrupted
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

/// Looks again and again; the last answer counts. A cluster that does not answer for a while ends nothing.
async fn watch(options: &ConnectOptions, ui: &Ui) -> Result<bool, Failure> {
    let (mut shown, mut answer) = (String::new(), Ok(false));
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let found = tokio::select! {
            _ = &mut interrupted => return answer,
            found = look(options, Environment::of_process().now) => found,
        };
        // When the last audit was is no news.
        let news = found.as_ref().map_or_else(Failure::text, |report| text(report, Audits::Hidden));
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
