//! The identity that a signing certificate must name, and the issuer of that identity.

use std::fmt;

use serde::Serialize;

use super::pattern::Pattern;

/// An identity that may sign. All that is given has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The OIDC issuer, compared exactly: `https://token.actions.githubusercontent.com`.
    pub issuer: String,
    /// The certificate's one subject alternative name.
    pub subject: SubjectMatch,
    /// The repository of the workflow, as `owner/name`.
    pub repository: Option<String>,
    /// The Git reference that the workflow ran on: `refs/tags/v1.0.0`.
    pub git_ref: Option<String>,
    /// The event that started the workflow: `push`.
    pub trigger: Option<String>,
}

/// How a subject alternative name is compared, with regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SubjectMatch {
    /// It is this text.
    Exact(String),
    /// All of it matches this expression.
    Pattern(Pattern),
}

impl Identity {
    /// Returns an identity with an exact subject and no further claims.
    #[must_use]
    pub fn exact(issuer: &str, subject: &str) -> Self {
        Self::new(issuer, SubjectMatch::Exact(subject.to_owned()))
    }

    /// Returns an identity without further claims.
    #[must_use]
    pub fn new(issuer: &str, subject: SubjectMatch) -> Self {
        Self { issuer: issuer.to_owned(), subject, repository: None, git_ref: None, trigger: None }
    }
}

impl SubjectMatch {
    /// Tells whether this is the subject.
    #[must_use]
    pub fn matches(&self, subject: &str) -> bool {
        match self {
            Self::Exact(expected) => expected == subject,
            Self::Pattern(pattern) => pattern.matches(subject),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            SubjectMatch::Exact(subject) => write!(f, "`{subject}` of `{}`", self.issuer)?,
            SubjectMatch::Pattern(pattern) => write!(f, "`{pattern}` (pattern) of `{}`", self.issuer)?,
        }
        let further = [("repository", &self.repository), ("ref", &self.git_ref), ("trigger", &self.trigger)];
        for (name, value) in further {
            if let Some(value) = value {
                write!(f, ", {name} `{value}`")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_names_itself() {
        let some = |text: &str| Some(text.to_owned());
        let identity =
            Identity { repository: some("o/r"), trigger: some("push"), ..Identity::exact("i", "s") };
        assert_eq!(identity.to_string(), "`s` of `i`, repository `o/r`, trigger `push`");
        let pattern = Identity::new("i", SubjectMatch::Pattern(Pattern::parse("s.+").unwrap()));
        assert_eq!(pattern.to_string(), "`s.+` (pattern) of `i`");
    }
}
