//! The results of probes.

use serde_json::{Value, json};

use crate::cluster::{LiveReport, ProbeReport};

/// Returns one line a probe, with the API server's answer below it.
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

/// Returns one line a live probe, with its verdict below it; for a failed one, the connection too.
pub fn live_table(report: &LiveReport) -> String {
    let lines = report.results.iter().map(|result| {
        let (layer, name, verdict) = (&result.layer, &result.name, report.verdict(result));
        match result.passed {
            true => format!("ok    {layer}/{name}\n       {verdict}"),
            false => format!("FAIL  {layer}/{name}\n       {}\n       {verdict}", result.connection),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the results for programs.
pub fn json(report: &ProbeReport) -> Value {
    let results = report.results.iter().map(|result| {
        json!({
            "layer": result.layer, "name": result.name, "passed": result.passed,
            "status": result.status, "message": result.message, "verdict": result.verdict,
        })
    });
    results.collect()
}

/// Returns the results of both kinds for programs, in one list: live ones have a `connection`.
pub fn both(report: &ProbeReport, live: &LiveReport) -> Value {
    let results = live.results.iter().map(|result| {
        json!({
            "layer": result.layer, "name": result.name, "passed": result.passed,
            "connection": result.connection, "verdict": live.verdict(result),
        })
    });
    let probes = self::json(report);
    probes.as_array().cloned().unwrap_or_default().into_iter().chain(results).collect()
}
