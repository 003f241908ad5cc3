//! `bundle probe`.

use tokio::signal::unix::{SignalKind, signal};

use super::environment::Environment;
use super::error::Failure;
use super::options::{BundleOptions, ClusterOptions, SiteOptions};
use super::ui::Ui;
use crate::cluster::{LiveReport, ProbeReport};
use crate::ops::{OpsError, Target, probe, probe_live};

/// Prove that an installed bundle enforces: send what must be refused, as dry runs, and see it refused
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    site: SiteOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
    /// Try the site's NetworkPolicies too, with short-lived pods that connect to each other
    ///
    /// Needs the right to create and delete pods in the site's namespaces. The pods are deleted at the end, also on Ctrl-C;
    /// what a killed run leaves ends after three minutes, and is deleted by the next run.
    #[arg(long)]
    live: bool,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let target = Target {
            trust: self.bundle.trust(ui, environment)?,
            cluster: self.cluster.connect(environment),
            site: self.site.choice()?,
        };
        let (file, reporter) = (&self.bundle.file, ui.reporter());
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

/// Becomes ready when the user, or whoever ends this process, wants it to stop.
fn stopped() -> Result<impl Future<Output = ()>, OpsError> {
    let failed = |error: std::io::Error| OpsError::Usage {
        message: format!("failed to listen for signals: {error}"),
        hint: "leave out --live, which could not be stopped cleanly".to_owned(),
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
    })
}

/// Returns one line a live probe, with who connects to whom and how that ended where it ended as it must not.
fn live_table(report: &LiveReport) -> String {
    let lines = report.results.iter().map(|result| {
        let (layer, name, verdict) = (&result.layer, &result.name, report.verdict(result));
        match result.passed {
            true => format!("ok    {layer}/{name}\n       {verdict}"),
            false => format!("FAIL  {layer}/{name}\n       {}\n       {verdict}", result.connection),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the results of both kinds for programs, in one list: live ones have a connection.
pub(super) fn both(report: &ProbeReport, live: &LiveReport) -> serde_json::Value {
    let results = live.results.iter().map(|result| {
        serde_json::json!({
            "layer": result.layer, "name": result.name, "passed": result.passed,
            "connection": result.connection, "verdict": live.verdict(result),
        })
    });
    let probes = json(report);
    probes.as_array().cloned().unwrap_or_default().into_iter().chain(results).collect()
}

/// Returns one line a probe, with the API server's own words.
pub fn table(report: &ProbeReport) -> String {
    let lines = report.results.iter().map(|result| {
        let mark = if result.passed { "ok  " } else { "FAIL" };
        let words = if result.message.is_empty() {
            String::new()
        } else {
            format!("\n       {}", result.message.replace('\n', "\n       "))
        };
        let verdict = if result.passed { String::new() } else { format!("\n       {}", result.verdict) };
        format!("{mark}  {}/{}{words}{verdict}", result.layer, result.name)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the results for programs.
pub fn json(report: &ProbeReport) -> serde_json::Value {
    let results = report.results.iter().map(|result| {
        serde_json::json!({
            "layer": result.layer, "name": result.name, "passed": result.passed,
            "status": result.status, "message": result.message, "verdict": result.verdict,
        })
    });
    results.collect()
}
