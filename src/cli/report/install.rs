//! What `bundle install` prints.

use serde_json::{Value, json};

use super::{interrupted, probes};
use crate::ops::InstallReport;
use crate::report::Finding;

/// Returns the outcome for people: probes, counts and the verdict.
pub fn text(report: &InstallReport) -> String {
    let verdict = if report.probes.passed() {
        format!("installed {} {}", report.verified.name, report.verified.version)
    } else {
        "NOT installed: the applied policies do not enforce".to_owned()
    };
    let rollback = report.rollback.as_ref().map(interrupted::rollback_text);
    let lines = [probes::table(&report.probes), interrupted::counts_text(&report.applied), verdict];
    lines.into_iter().chain(rollback).collect::<Vec<_>>().join("\n")
}

/// Returns the outcome for programs.
pub fn json(report: &InstallReport) -> Value {
    json!({
        "installed": report.probes.passed(),
        "bundle": {"name": report.verified.name, "version": report.verified.version, "digest": report.verified.digest},
        "findings": report.findings,
        "push": report.pushed,
        "from": report.applied.from,
        "objects": interrupted::counts(&report.applied),
        "probes": probes::json(&report.probes),
        "rollback": report.rollback.as_ref().map(interrupted::rollback_json),
    })
}

/// Returns the refusal by the preflight checks for programs.
pub fn refused(findings: &[Finding]) -> Value {
    json!({"installed": false, "findings": findings})
}
