//! Which policies hold at the site, and how they are enforced.

use serde::Serialize;

/// What Gatekeeper does with an object that breaks a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// Admits it with a warning.
    #[default]
    Warn,
    /// Admits it; only the audit shows it.
    Dryrun,
    /// Refuses it.
    Deny,
}

impl Enforcement {
    /// Returns the name that is used in files, flags and constraints.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Dryrun => "dryrun",
            Self::Deny => "deny",
        }
    }
}

/// How Gatekeeper enforces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteGatekeeper {
    /// What is done with an object that breaks a policy which says nothing else.
    pub enforcement: Enforcement,
    /// Namespaces that no policy looks at.
    pub exempt_namespaces: Vec<String>,
    /// Images that no policy looks at; a trailing `*` matches any rest.
    pub exempt_images: Vec<String>,
    /// The policies that hold here, each with everything that it needs.
    pub policies: Vec<SitePolicy>,
}

/// A policy that holds at the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SitePolicy {
    /// Its name, which is the name of its constraint: `block-latest-tag`.
    pub name: String,
    /// What is done with an object that breaks it.
    pub enforcement: Enforcement,
    /// The only namespaces that it looks at, as Gatekeeper's patterns; empty: all.
    pub namespaces: Vec<String>,
    /// Namespaces that it does not look at: the site's, then its own.
    pub exempt_namespaces: Vec<String>,
    /// Images that it does not look at: the site's, then its own.
    pub exempt_images: Vec<String>,
    /// The labels that it demands; empty for a policy that demands none.
    pub labels: Vec<String>,
    /// The beginnings of names that it allows, each with a slash at its end; empty for a policy that has none.
    pub registries: Vec<String>,
}
