//! How a failure is printed.

use serde_json::{Value, json};

use super::explained::Explained;
use super::interrupted;
use crate::cli::failure::Failure;
use crate::cluster::InstallFailure;

/// Returns the text for people: the error, its causes, and the next step.
pub fn text(failure: &Failure) -> String {
    let explained = Explained::of(failure);
    let mut lines = vec![format!("error: {}", explained.message)];
    lines.extend(explained.causes.iter().map(|cause| format!("  caused by: {cause}")));
    lines.extend(explained.entries.iter().map(|entry| {
        let words: Vec<_> = [&entry.message].into_iter().chain(&entry.causes).map(String::as_str).collect();
        format!("  - {}", words.join(": "))
    }));
    lines.extend(explained.findings.iter().map(ToString::to_string));
    if let Some(install) = install_failure(failure) {
        lines.push(format!("\n{}", interrupted::text(install)));
    }
    lines.extend(explained.hint.iter().map(|hint| format!("\nhint: {hint}")));
    lines.join("\n")
}

/// Returns the fields for programs: the error, and how far an install came.
pub fn json(failure: &Failure) -> Vec<(&'static str, Value)> {
    let result = install_failure(failure).map(|install| ("result", interrupted::json(install)));
    result.into_iter().chain([("error", json!(Explained::of(failure)))]).collect()
}

fn install_failure(failure: &Failure) -> Option<&InstallFailure> {
    match failure {
        Failure::Command(error) => error.install_failure(),
        Failure::Threads(_) => None,
    }
}
