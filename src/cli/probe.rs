//! `bundle probe`.

use super::environment::Environment;
use super::error::Failure;
use super::options::{BundleOptions, ClusterOptions, SiteOptions};
use super::ui::Ui;
use crate::cluster::ProbeReport;
use crate::ops::{Target, probe};

/// Prove that an installed bundle enforces: send what must be refused, as dry runs, and see it refused
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    site: SiteOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let target = Target {
            trust: self.bundle.trust(ui, environment)?,
            cluster: self.cluster.connect(environment),
            site: self.site.choice()?,
        };
        let report = probe(&self.bundle.file, &target, &*ui.reporter()).await?;
        ui.result(&table(&report), &json(&report));
        Ok(report.passed())
    }
}

/// Returns one line a probe, with the API server's own words.
pub fn table(report: &ProbeReport) -> String {
    let lines = report.results.iter().map(|result| {
        let mark = if result.passed { "ok  " } else { "FAIL" };
        let words = if result.passed && result.message.is_empty() {
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
