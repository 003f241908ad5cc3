//! Opens a bundle that the operator trusts.

use std::path::Path;

use crate::archive::{Archive, Entry, UnverifiedArchive, Vouched};
use crate::ops::error::{EntryError, OpsError};
use crate::ops::judge::refuse_denied;
use crate::spec::DenyList;
use crate::trust::{BundleSigners, TrustedRoot};

/// The signers that the operator trusts, and what is refused even if they signed it.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Who must have signed the bundle.
    pub bundle: BundleTrust,
    /// What keyless signatures are checked against.
    pub root: TrustedRoot,
    /// Digests and versions that are refused in any bundle.
    pub deny: DenyList,
}

/// Who must have signed a bundle.
#[derive(Debug, Clone)]
pub enum BundleTrust {
    /// These signers, as many as the threshold demands.
    Signed(BundleSigners),
    /// No signer: signatures are not checked.
    InsecureUnsigned,
}

/// Opens a bundle that the operator trusts. The large blobs are not hashed yet.
///
/// # Errors
/// When it cannot be read, is not signed as demanded, is not complete, or holds what is denied.
pub fn open(path: &Path, trust: &Trust) -> Result<Archive, OpsError> {
    opened(path, trust).map(|(archive, _)| archive)
}

/// Returns the signers, too; `None` if no signature was checked, as the operator asked.
pub(super) fn opened(path: &Path, trust: &Trust) -> Result<(Archive, Option<Vouched>), OpsError> {
    let unverified = UnverifiedArchive::open(path)?;
    let (archive, vouched) = match &trust.bundle {
        BundleTrust::Signed(signers) => {
            let verified = unverified.verify(signers, &trust.root)?;
            let vouched = verified.vouched().clone();
            (verified.into_archive(), Some(vouched))
        }
        BundleTrust::InsecureUnsigned => (unverified.insecure_trust_unsigned()?.into_archive(), None),
    };
    let denied =
        archive.entries().iter().filter_map(|entry| check_denied(&archive, entry, &trust.deny).err());
    let denied: Vec<_> = denied.collect();
    if denied.is_empty() { Ok((archive, vouched)) } else { Err(OpsError::Entries(denied)) }
}

fn check_denied(archive: &Archive, entry: &Entry, deny: &DenyList) -> Result<(), EntryError> {
    let Ok(reference) = entry.name().parse() else { return Ok(()) };
    let top = archive.manifest(&entry.descriptor.digest);
    let children = top.into_iter().flat_map(|top| top.document.manifests.iter().flatten());
    let manifests = top.into_iter().chain(children.filter_map(|child| archive.manifest(&child.digest)));
    let digests = manifests.flat_map(|manifest| {
        manifest.document.blobs().map(|blob| blob.digest).chain([manifest.descriptor.digest])
    });
    refuse_denied(deny, &reference, &digests.collect::<Vec<_>>())
}
