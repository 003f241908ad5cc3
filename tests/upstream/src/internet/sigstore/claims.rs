//! What a certificate says about a run of GitHub's workflows, beside the identity.
// See: sigstore/fulcio docs/oid-info.md

use super::certificate::Extension;
use super::der;

/// GitHub's issuer of identities.
pub const GITHUB: &str = "https://token.actions.githubusercontent.com";
const ARC: &str = "1.3.6.1.4.1.57264.1";

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// What started it, such as `push`.
    pub trigger: String,
    /// The commit.
    pub commit: String,
    /// The workflow's name, for people.
    pub name: String,
    /// The repository that it ran in: `OWNER/NAME`.
    pub repository: String,
    /// The branch or tag: `refs/…`.
    pub reference: String,
}

impl Claims {
    /// Returns what belongs to `https://github.com/OWNER/NAME/.github/workflows/FILE@REF`; nothing for another identity.
    #[must_use]
    pub fn of(identity: &str) -> Option<Self> {
        let (workflow, reference) = identity.strip_prefix("https://github.com/")?.split_once('@')?;
        let (repository, _) = workflow.split_once("/.github/")?;
        Some(Self {
            trigger: "push".to_owned(),
            commit: "5ca1ab1e".repeat(5),
            name: "Release".to_owned(),
            repository: repository.to_owned(),
            reference: reference.to_owned(),
        })
    }

    /// Returns the extensions between the identity and the timestamps: the issuer, and the claims about the run.
    #[must_use]
    pub fn extensions(issuer: &str, identity: &str, claims: Option<&Self>) -> Vec<Extension> {
        let older = claims.map(Self::older).unwrap_or_default();
        let newer = claims.map(|claims| claims.newer(identity)).unwrap_or_default();
        [vec![raw(1, issuer)], older, vec![text(8, issuer)], newer].concat()
    }

    fn older(&self) -> Vec<Extension> {
        let said = [&self.trigger, &self.commit, &self.name, &self.repository, &self.reference];
        (2..).zip(said).map(|(number, value)| raw(number, value)).collect()
    }

    fn newer(&self, identity: &str) -> Vec<Extension> {
        let owner = self.repository.split('/').next().unwrap_or_default();
        let repository = format!("https://github.com/{}", self.repository);
        let workflow = identity.split('@').next().unwrap_or_default();
        let file = workflow.rsplit('/').next().unwrap_or_default();
        let said = [
            identity.to_owned(),
            self.commit.clone(),
            "github-hosted".to_owned(),
            repository.clone(),
            self.commit.clone(),
            self.reference.clone(),
            "100000001".to_owned(),
            format!("https://github.com/{owner}"),
            "100000002".to_owned(),
            format!("{repository}/.github/workflows/{file}@{}", self.reference),
            self.commit.clone(),
            self.trigger.clone(),
            format!("{repository}/actions/runs/1000000003/attempts/1"),
            "public".to_owned(),
        ];
        (9..).zip(said).map(|(number, value)| text(number, &value)).collect()
    }
}

/// Makes one of the older extensions, which hold bare text.
#[must_use]
pub fn raw(number: u8, value: &str) -> Extension {
    Extension::plain(&format!("{ARC}.{number}"), value.as_bytes().to_vec())
}

/// Makes one of the newer extensions, which hold a UTF8String.
#[must_use]
pub fn text(number: u8, value: &str) -> Extension {
    Extension::plain(&format!("{ARC}.{number}"), der::text(value))
}
