//! An error as data: code, message, causes and hint. The one place that reads them off the library's errors.

use std::error::Error;

use serde::Serialize;

use crate::cli::failure::Failure;
use crate::ops::{EntryError, OpsError};
use crate::report::Finding;

/// What went wrong, and what to do about it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// A stable name for programs, in kebab case.
    pub code: &'static str,
    /// The error, without its causes.
    pub message: String,
    /// The causes that add something, outermost first.
    pub causes: Vec<String>,
    /// The next step.
    pub hint: Option<String>,
    /// The entries of a bundle that failed, each with its own message and causes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
    /// What would keep an install from working.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The exit code of the command.
    pub exit_code: u8,
}

/// Why one entry of a bundle failed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The error, without its causes.
    pub message: String,
    /// The causes that add something, outermost first.
    pub causes: Vec<String>,
    /// The next step.
    pub hint: Option<String>,
}

impl Explained {
    /// Explains a failed command.
    pub fn of(failure: &Failure) -> Self {
        let (code, hint) = match failure {
            Failure::Command(error) => (code(error), error.hint()),
            Failure::Threads(_) => ("threads", Some("raise the limit that `ulimit -u` shows".to_owned())),
        };
        let (message, causes) = words(failure);
        let (entries, findings) = match failure {
            Failure::Command(OpsError::Entries(errors)) => (errors.iter().map(Entry::of).collect(), vec![]),
            Failure::Command(OpsError::Preflight(findings)) => (vec![], findings.clone()),
            _ => (vec![], vec![]),
        };
        Self { code, message, causes, hint, entries, findings, exit_code: failure.code() }
    }

    /// Explains a command line that cannot be read.
    pub fn usage(message: String) -> Self {
        let hint = Some("run the command with `--help`".to_owned());
        let (causes, entries, findings) = (vec![], vec![], vec![]);
        Self { code: USAGE, message, causes, hint, entries, findings, exit_code: 2 }
    }
}

impl Entry {
    fn of(error: &EntryError) -> Self {
        let (message, causes) = words(error);
        Self { message, causes, hint: error.hint() }
    }
}

/// The code of a command line that cannot be read or used.
const USAGE: &str = "usage";

/// Returns the code of an error.
fn code(error: &OpsError) -> &'static str {
    match error {
        OpsError::Faults(_) => "invalid-file",
        OpsError::Io { .. } => "io",
        OpsError::TooLarge { .. } => "file-too-large",
        OpsError::Lock(_) => "lock",
        OpsError::LockOutdated { .. } => "lock-outdated",
        OpsError::Entries(_) => "entries",
        OpsError::Registry(_) => "registry",
        OpsError::Push(_) => "push",
        OpsError::Archive(_) => "bundle-file",
        OpsError::Output(_) => "output",
        OpsError::Render { .. } => "render",
        OpsError::Site { .. } => "site-registry",
        OpsError::Key { .. } => "private-key",
        OpsError::PublicKey { .. } => "public-key",
        OpsError::TrustedRoot { .. } => "trusted-root",
        OpsError::Sign(_) => "sign",
        OpsError::Edit(_) => "site-file",
        OpsError::Cluster(_) => "cluster",
        OpsError::Enforce(_) => "enforce",
        OpsError::Entry(_) => "entry",
        OpsError::Stopped(_) => "install-stopped",
        OpsError::Preflight(_) => "preflight",
        OpsError::Usage { .. } => USAGE,
    }
}

/// Returns an error's own words and those of its causes, without causes that repeat what was said.
fn words(error: &dyn Error) -> (String, Vec<String>) {
    let message = error.to_string();
    let (mut all, mut causes) = (message.clone(), Vec::new());
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !all.contains(&words) {
            all.push_str(&format!("\n{words}"));
            causes.push(words);
        }
        cause = next.source();
    }
    (message, causes)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn an_error_is_data() {
        let source = io::Error::new(io::ErrorKind::NotFound, "no such file");
        let failure = Failure::from(OpsError::Io { verb: "read", path: "a.yaml".into(), source });
        let explained = serde_json::to_value(Explained::of(&failure)).expect("JSON");
        let expected = serde_json::json!({
            "code": "io", "message": "failed to read `a.yaml`", "causes": ["no such file"], "hint": null, "exitCode": 2,
        });
        assert_eq!(explained, expected);
    }

    #[test]
    fn no_threads_is_no_file_error() {
        let failure = Failure::Threads(io::Error::other("try again"));
        let Explained { code, message, causes, .. } = Explained::of(&failure);
        assert_eq!((code, message.as_str()), ("threads", "cannot start the program's threads"));
        assert_eq!(causes, ["try again"]);
    }

    #[test]
    fn a_refusal_exits_with_1() {
        let failure = Failure::from(OpsError::Preflight(vec![Finding::error("node `pi`", "linux/arm64")]));
        let explained = Explained::of(&failure);
        assert_eq!((explained.exit_code, explained.findings.len()), (1, 1));
    }
}
