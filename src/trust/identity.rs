//! Who a signing certificate has to be for: an identity, and the issuer that vouched for it.

use std::fmt;

use super::encoding::excerpt;
use super::pattern::Pattern;

/// An identity that may sign. All that is given has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectMatch {
    /// It is this text.
    Exact(String),
    /// All of it matches this expression.
    Pattern(Pattern),
}

/// What a certificate says of its holder. It proves nothing before the certificate is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub subject: String,
    pub issuer: String,
    pub repository: Claim,
    pub git_ref: Claim,
    pub trigger: Claim,
}

/// The values of a claim. Fulcio writes each of them twice, in an old and in a new extension.
// See: sigstore/fulcio docs/oid-info.md
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim(pub Vec<String>);

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

    /// Tells whether the certificate is for this identity.
    pub(super) fn accepts(&self, claims: &Claims) -> bool {
        self.names(claims) && self.pairs(claims).iter().all(|(_, expected, claim)| claim.holds(*expected))
    }

    /// Tells whether the certificate is for this subject, whatever its further claims are.
    pub(super) fn names(&self, claims: &Claims) -> bool {
        let subject = match &self.subject {
            SubjectMatch::Exact(expected) => *expected == claims.subject,
            SubjectMatch::Pattern(pattern) => pattern.matches(&claims.subject),
        };
        subject && self.issuer == claims.issuer
    }

    /// Returns what the further claims are where this identity asks for others.
    pub(super) fn differences(&self, claims: &Claims) -> String {
        let pairs = self.pairs(claims);
        let other = pairs.iter().filter(|(_, expected, claim)| !claim.holds(*expected));
        other.map(|(name, _, claim)| format!(", {name} {claim}")).collect()
    }

    fn pairs<'a>(&'a self, claims: &'a Claims) -> [(&'static str, Option<&'a str>, &'a Claim); 3] {
        [
            ("repository", self.repository.as_deref(), &claims.repository),
            ("ref", self.git_ref.as_deref(), &claims.git_ref),
            ("trigger", self.trigger.as_deref(), &claims.trigger),
        ]
    }
}

impl Claim {
    /// Tells whether the claim is what is asked for; a claim that is absent, or that contradicts itself, is not.
    fn holds(&self, expected: Option<&str>) -> bool {
        expected.is_none_or(|expected| !self.0.is_empty() && self.0.iter().all(|value| value == expected))
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

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of `{}`", excerpt(&self.subject), excerpt(&self.issuer))
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("absent");
        }
        let values: Vec<_> = self.0.iter().map(|value| format!("`{}`", excerpt(value))).collect();
        f.write_str(&values.join(" and "))
    }
}

#[cfg(test)]
mod tests;
