//! What a certificate claims of its holder, compared with the identity that is asked for.

use std::fmt;

use crate::spec::Identity;
use crate::trust::keys::encoding::excerpt;

/// What a certificate says of its holder. It proves nothing before the certificate is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub subject: String,
    pub issuer: String,
    pub repository: Claim,
    pub git_ref: Claim,
    pub trigger: Claim,
}

/// The values of a claim. Fulcio writes each of them twice, in an old and in a new extension.
// See: sigstore/fulcio docs/oid-info.md
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim(pub Vec<String>);

impl Claims {
    /// Tells whether the certificate is for this identity.
    pub(crate) fn are_of(&self, identity: &Identity) -> bool {
        self.name(identity) && self.pairs(identity).iter().all(|(_, expected, claim)| claim.holds(*expected))
    }

    /// Tells whether the certificate is for this subject, whatever its further claims are.
    pub(crate) fn name(&self, identity: &Identity) -> bool {
        identity.subject.matches(&self.subject) && identity.issuer == self.issuer
    }

    /// Returns what the further claims are where the identity asks for others.
    pub(crate) fn differences(&self, identity: &Identity) -> String {
        let pairs = self.pairs(identity);
        let other = pairs.iter().filter(|(_, expected, claim)| !claim.holds(*expected));
        other.map(|(name, _, claim)| format!(", {name} {claim}")).collect()
    }

    fn pairs<'a>(&'a self, identity: &'a Identity) -> [(&'static str, Option<&'a str>, &'a Claim); 3] {
        [
            ("repository", identity.repository.as_deref(), &self.repository),
            ("ref", identity.git_ref.as_deref(), &self.git_ref),
            ("trigger", identity.trigger.as_deref(), &self.trigger),
        ]
    }
}

impl Claim {
    /// Tells whether the claim is what is asked for; a claim that is absent, or that contradicts itself, is not.
    fn holds(&self, expected: Option<&str>) -> bool {
        expected.is_none_or(|expected| !self.0.is_empty() && self.0.iter().all(|value| value == expected))
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
