//! How a failure is told: the error, what caused it, what to do, and the exit code.

use std::process::ExitCode;

use super::stopped;
use crate::cluster::ClusterError;
use crate::ops::OpsError;
use crate::report::chain;

/// A command that failed.
#[derive(Debug)]
pub struct Failure(OpsError);

impl From<OpsError> for Failure {
    fn from(error: OpsError) -> Self {
        Self(error)
    }
}

impl Failure {
    pub(super) fn runtime(source: std::io::Error) -> Self {
        Self(OpsError::Io { verb: "start threads for", path: "bundle".into(), source })
    }

    /// Returns 1 where the answer is no, 2 where it could not be found out.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.0.is_refusal() { 1 } else { 2 })
    }

    /// Returns the text that a person reads.
    pub(super) fn text(&self) -> String {
        let mut text = format!("error: {}", chain(&self.0, "\n  caused by: "));
        self.0.faults().iter().for_each(|fault| text.push_str(&format!("\n  - {fault}")));
        if let OpsError::Preflight(findings) = &self.0 {
            findings.iter().for_each(|finding| text.push_str(&format!("\n{finding}")));
        }
        if let Some(failure) = self.0.stopped_install() {
            text.push_str(&format!("\n\n{}", stopped::text(failure)));
        }
        if let Some(hint) = self.0.hint() {
            text.push_str(&format!("\n\nhint: {hint}"));
        }
        text
    }
}

/// Returns an error and its causes, and the next step.
pub(super) fn with_hint(error: &ClusterError) -> String {
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{}{hint}", chain(error, ": "))
}
