//! `bundle verify`: the signature, every byte, and every upstream signature again, all offline.

use std::path::Path;

use super::error::OpsError;
use super::judge::{judge_again, locked};
use crate::archive::{Archive, ArchiveError, UnverifiedArchive};
use crate::digest::Digest;
use crate::lock::{Lock, LockedSignature};
use crate::report::Reporter;
use crate::spec::Spec;
use crate::trust::PublicKey;

/// Whom the operator trusts.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Bundles that are signed by one of these keys.
    Keys(Vec<PublicKey>),
    /// Any bundle: the signature is not looked at.
    InsecureUnsigned,
}

/// What was verified.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct VerifyReport {
    /// The bundle's identity: the digest of its index.
    pub digest: Digest,
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
    /// The hint of the key that signed it.
    pub signer: Option<String>,
    /// Blobs that were hashed.
    pub blobs: usize,
    /// Bytes of the file.
    pub bytes: u64,
    /// How each image and artifact was verified.
    pub items: Vec<VerifiedItem>,
}

/// How one image or artifact was verified.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedItem {
    /// Upstream's reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The digest as upstream publishes it.
    pub digest: Digest,
    /// How it was verified.
    pub signature: LockedSignature,
}

/// Opens a bundle that the operator trusts. The large blobs are not hashed yet.
///
/// # Errors
/// When it cannot be read, is not signed by one of the keys, or is not complete.
pub fn open(path: &Path, trust: &Trust) -> Result<Archive, OpsError> {
    let unverified = UnverifiedArchive::open(path)?;
    Ok(match trust {
        Trust::Keys(keys) => unverified.verify(keys)?,
        Trust::InsecureUnsigned => unverified.insecure_trust_unsigned()?,
    })
}

/// Verifies everything about a bundle.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn verify(
    path: &Path,
    trust: &Trust,
    reporter: &dyn Reporter,
) -> Result<(Archive, VerifyReport), OpsError> {
    let archive = open(path, trust)?;
    archive.check(reporter)?;
    let items = verify_items(&archive)?;
    let contents = archive.contents();
    let report = VerifyReport {
        digest: archive.digest(),
        name: contents.name.clone(),
        version: contents.version.clone(),
        signer: archive.signer().map(str::to_owned),
        blobs: contents.blobs.len() + 2,
        bytes: archive.length(),
        items,
    };
    Ok((archive, report))
}

/// Applies the policies of the spec inside to the signatures inside.
fn verify_items(archive: &Archive) -> Result<Vec<VerifiedItem>, OpsError> {
    let payload = archive.payload()?;
    let text = |name: &str| {
        let bytes = payload.get(name).cloned().unwrap_or_default();
        String::from_utf8(bytes).map_err(|_| ArchiveError::Malformed {
            what: format!("file `{name}`"),
            reason: "not UTF-8".to_owned(),
        })
    };
    let spec = Spec::parse(&text("bundle.yaml")?, "bundle.yaml")?;
    let lock = Lock::parse(&text("bundle.lock")?, "bundle.lock")?;
    let (mut verified, mut errors) = (Vec::new(), Vec::new());
    for item in spec.items() {
        let Some(entry) = lock.item(&item.reference) else {
            return Err(ArchiveError::Malformed {
                what: "file `bundle.lock`".to_owned(),
                reason: format!("it lacks `{}`", item.reference),
            }
            .into());
        };
        match judge_again(archive, item, entry.digest) {
            Ok(verdict) => verified.push(VerifiedItem {
                reference: item.reference.to_string(),
                digest: entry.digest,
                signature: locked(&verdict),
            }),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(verified) } else { Err(OpsError::Entries(errors)) }
}
