//! `bundle verify`: the signatures, every byte, and every upstream signature again, all offline.

mod composed;
mod files;
mod items;
pub mod report;

pub use report::VerifyReport;

use std::path::Path;

use super::open::{Trust, opened};
use crate::archive::{Archive, Vouched};
use crate::lock::{SignatureSeen, Signer};
use crate::ops::bundle::Documents;
use crate::ops::error::OpsError;
use crate::report::Reporter;
use crate::trust::Claimed;

/// Verifies everything about a bundle.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn verify(
    path: &Path,
    trust: &Trust,
    reporter: &dyn Reporter,
) -> Result<(Archive, VerifyReport), OpsError> {
    let (archive, vouched) = opened(path, trust)?;
    archive.check(reporter)?;
    let documents = Documents::of(&archive)?;
    let items = documents.check(&archive, &trust.root)?;
    let contents = archive.contents();
    let is_keyless = documents.spec.is_keyless() || vouched.as_ref().is_some_and(names_a_certificate);
    let report = VerifyReport {
        digest: archive.digest(),
        name: contents.name.clone(),
        version: contents.version.clone(),
        signatures: vouched.as_ref().map(signatures),
        others: vouched.map(|vouched| vouched.others).unwrap_or_default(),
        blobs: contents.blobs.len() + 2,
        bytes: archive.length(),
        trusted_root: is_keyless.then(|| trust.root.to_string()),
        items,
        composed: documents.lock.composed.clone(),
    };
    Ok((archive, report))
}

/// Returns the bundle's own signatures as the lock records those of an image.
fn signatures(vouched: &Vouched) -> Vec<SignatureSeen> {
    vouched.by.iter().map(|signer| SignatureSeen::SigstoreBundle { signer: signer.clone() }).collect()
}

fn names_a_certificate(vouched: &Vouched) -> bool {
    let others = vouched.others.iter().any(|other| matches!(other.by, Claimed::Certificate { .. }));
    others || vouched.by.iter().any(|signer| matches!(signer, Signer::Certificate(_)))
}
