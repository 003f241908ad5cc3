//! How a failure is printed.

use serde_json::{Value, json};

use super::explained::Explained;
use super::interrupted;
use crate::cli::failure::Failure;
use crate::ops::StoppedInstall;

/// Returns the text for people: the error, its causes, and the next step.
pub fn text(failure: &Failure) -> String {
    let explained = Explained::of(failure);
    let mut lines = vec![format!("error: {}", explained.message)];
    lines.extend(explained.causes.iter().map(|cause| format!("  caused by: {cause}")));
    lines.extend(faults(failure).iter().map(|fault| format!("  - {fault}")));
    lines.extend(explained.findings.iter().map(ToString::to_string));
    if let Some(install) = stopped_install(failure) {
        lines.push(format!("\n{}", interrupted::text(install)));
    }
    lines.extend(explained.hint.iter().map(|hint| format!("\nhint: {hint}")));
    lines.join("\n")
}

/// Returns the fields for programs: the error, and how far an install came.
pub fn json(failure: &Failure) -> Vec<(&'static str, Value)> {
    let result = stopped_install(failure).map(|install| ("result", interrupted::json(install)));
    result.into_iter().chain([("error", json!(Explained::of(failure)))]).collect()
}

/// Returns the faults of the bundle's entries, one text for each cause.
fn faults(failure: &Failure) -> Vec<String> {
    match failure {
        Failure::Command(error) => error.faults(),
        Failure::Threads(_) => Vec::new(),
    }
}

fn stopped_install(failure: &Failure) -> Option<&StoppedInstall> {
    match failure {
        Failure::Command(error) => error.stopped_install(),
        Failure::Threads(_) => None,
    }
}
