//! What upstream signs, and in which form: `table.yaml`, filled in for one reference.

use airgap_bundle::oci::Descriptor;
use airgap_bundle::reference::ImageRef;
use airgap_bundle::registry::{RegistryError, Repository};
use serde::Deserialize;

use super::super::table::{fill, row};
use super::{Form, Signing, Sigstore, Subject};

/// How upstream signs what is in a repository.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignatureRow {
    /// The identity; `{version}` and `{tag}` are filled in.
    pub by: String,
    /// The signatures of a version.
    pub forms: Vec<FormRow>,
}

/// A signature that every version has, or some.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FormRow {
    /// The form.
    pub form: Form,
    /// Whether it is a build provenance; else it is a signature of the image.
    #[serde(default)]
    pub provenance: bool,
    /// The first version that has it.
    pub from: Option<String>,
    /// The first version that has it no longer.
    pub before: Option<String>,
}

impl FormRow {
    fn is_of(&self, tag: &str) -> bool {
        let version = numbers(tag);
        self.from.as_ref().is_none_or(|from| version >= numbers(from))
            && self.before.as_ref().is_none_or(|before| version < numbers(before))
    }

    fn signing(&self, identity: &str) -> Signing {
        match self.provenance {
            // GitHub's action asks no timestamp authority.
            true => Signing { stamped: false, ..Signing::provenance(self.form, identity) },
            false => Signing::new(self.form, identity),
        }
    }
}

fn numbers(version: &str) -> Vec<u64> {
    version.trim_start_matches('v').split('.').map(|number| number.parse().unwrap_or_default()).collect()
}

/// Returns how upstream signs what is behind a reference; nothing where it does not.
#[must_use]
pub fn signings(reference: &ImageRef) -> Vec<Signing> {
    let tag = reference.tag().unwrap_or_default();
    let Some(row) = row(reference).and_then(|row| row.signatures.as_ref()) else { return Vec::new() };
    let identity = fill(&row.by, tag, None);
    row.forms.iter().filter(|form| form.is_of(tag)).map(|form| form.signing(&identity)).collect()
}

/// Signs what was pushed under a reference as upstream does.
///
/// # Errors
/// When the registry does not take a signature.
pub async fn publish(
    sigstore: &Sigstore,
    repository: &Repository,
    reference: &ImageRef,
    descriptor: Descriptor,
) -> Result<(), RegistryError> {
    let digest = descriptor.digest;
    let subject = Subject { descriptor, repository: dockers_name(reference) };
    for signing in signings(reference) {
        sigstore.sign(&subject, &signing).push(repository, &digest).await?;
    }
    Ok(())
}

/// Returns a repository as cosign names it in a payload.
// See: google/go-containerregistry pkg/name/registry.go
fn dockers_name(reference: &ImageRef) -> String {
    let name = reference.name();
    name.strip_prefix("docker.io/").map_or(name.clone(), |rest| format!("index.docker.io/{rest}"))
}
