//! What was found out before anything is changed: one finding a thing, and all of them at once.

use std::fmt;

use serde::Serialize;

/// What a finding means for what was about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It would fail, or do harm: it is not begun.
    Error,
    /// The command continues, but may fail or not do what is expected.
    Warning,
    /// It is good to know.
    Note,
}

/// One thing that is not as it was expected, or that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Finding {
    /// What it means.
    pub severity: Severity,
    /// What it is about: "node `a`", "registry `registry.lan:5000`".
    pub subject: String,
    /// What was found.
    pub found: String,
    /// What was expected; empty for a note.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What to do next; empty if there is nothing to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

impl Severity {
    /// Returns the word before a finding.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl Finding {
    /// Starts a finding; what was expected and what to do are added.
    pub fn new(severity: Severity, subject: impl Into<String>, found: impl Into<String>) -> Self {
        let (subject, found) = (subject.into(), found.into());
        Self { severity, subject, found, expected: String::new(), hint: String::new() }
    }

    /// Starts one that stops everything.
    pub fn error(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Severity::Error, subject, found)
    }

    /// Starts one that stops nothing.
    pub fn warning(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Severity::Warning, subject, found)
    }

    /// Starts one that is good to know.
    pub fn note(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Severity::Note, subject, found)
    }

    /// Adds what was expected.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Returns subject, what was found and what was expected in one line, and the next step in another.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { subject, found, expected, hint, .. } = self;
        let expected = if expected.is_empty() { String::new() } else { format!("; expected {expected}") };
        let hint = if hint.is_empty() { String::new() } else { format!("\n  hint: {hint}") };
        format!("{subject}: {found}{expected}{hint}")
    }

    /// Tells whether it stops what was about to be done.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The words behind the severity.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity.name(), self.words())
    }
}
