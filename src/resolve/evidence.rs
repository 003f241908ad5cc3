//! Finds what was signed or said about a digest: the referrers API, its fallback tag, and always cosign's own tags.
//!
//! All evidence is carried. Only a 404 means that an image has no evidence; any other failure is an error.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::manifest;
use crate::digest::Digest;
use crate::oci::{Descriptor, Evidence, Manifest};
use crate::registry::{RegistryError, Repository};

/// The largest blob of a signature that is read, in bytes. Larger ones (an SBOM) are carried unread.
pub const MAX_EVIDENCE_BYTES: u64 = 1024 * 1024;
/// How many referrers of one digest are taken; a bound on what a registry can make us fetch.
const MAX_REFERRERS: usize = 128;

/// Finds everything that was said about a digest.
pub(super) async fn discover(
    repository: &Repository,
    subject: &Digest,
) -> Result<Vec<Evidence>, RegistryError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for descriptor in referrers(repository, subject).await? {
        if seen.insert(descriptor.digest) {
            let manifest = manifest(repository, &descriptor).await?;
            check_subject(repository, subject, &manifest)?;
            found.push(read(repository, None, manifest).await?);
        }
    }
    // See: cosign specs/SIGNATURE_SPEC.md, "Tag-based Discovery"
    for suffix in ["sig", "att"] {
        let tag = format!("sha256-{}.{suffix}", subject.hex());
        if let Some(manifest) = repository.manifest(&tag).await? {
            found.push(read(repository, Some(tag), manifest).await?);
        }
    }
    Ok(found)
}

/// Refuses a manifest that is listed as a referrer but is not one: it would not be found again where the bundle is pushed to.
// See: OCI image-spec manifest.md, `subject`
fn check_subject(repository: &Repository, subject: &Digest, listed: &Manifest) -> Result<(), RegistryError> {
    let named = listed.document.subject.as_ref().map(|named| named.digest);
    if named == Some(*subject) {
        return Ok(());
    }
    let found = named.map_or_else(|| "nothing".to_owned(), |named| format!("`{named}`"));
    Err(RegistryError::Malformed {
        what: format!("`{}@{}`", repository.name(), listed.descriptor.digest),
        reason: format!("it is listed as a referrer of `{subject}`, but refers to {found}"),
    })
}

// See: OCI distribution-spec, "Listing Referrers" and "Referrers Tag Schema"
async fn referrers(repository: &Repository, subject: &Digest) -> Result<Vec<Descriptor>, RegistryError> {
    let listed = match repository.referrers(subject).await? {
        Some(listed) => listed,
        None => {
            let index = repository.manifest(&format!("sha256-{}", subject.hex())).await?;
            index.and_then(|index| index.document.manifests).unwrap_or_default()
        }
    };
    if listed.len() > MAX_REFERRERS {
        let what = format!("referrers of `{}@{subject}`", repository.name());
        return Err(RegistryError::Malformed {
            what,
            reason: format!("{} are listed, more than the limit of {MAX_REFERRERS}", listed.len()),
        });
    }
    Ok(listed)
}

async fn read(
    repository: &Repository,
    tag: Option<String>,
    manifest: Manifest,
) -> Result<Evidence, RegistryError> {
    let mut blobs = BTreeMap::new();
    for blob in manifest.document.blobs().filter(|blob| blob.size <= MAX_EVIDENCE_BYTES) {
        blobs.insert(blob.digest, repository.blob(blob, MAX_EVIDENCE_BYTES).await?);
    }
    Ok(Evidence { tag, manifest, blobs })
}
