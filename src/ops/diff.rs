//! `bundle diff`: what changed between two bundles or locks. Neither is verified, as with `inspect`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::bundle::Documents;
use super::error::OpsError;
use super::files::read_text;
use crate::archive::UnverifiedArchive;
use crate::digest::Digest;
use crate::lock::{Change, Lock, What};

/// What is different.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct DiffReport {
    /// Every change: name and version, images and artifacts, files, and the bundle's own documents.
    pub changes: Vec<Change>,
}

/// One of the two sides.
struct Side {
    /// Of a bundle: its name and version.
    version: Option<String>,
    lock: Lock,
    /// Of a bundle: its spec, layers and platform files.
    documents: BTreeMap<String, Digest>,
}

/// Compares two locks, two bundles, or a bundle with a lock; of the latter, only what a lock holds.
///
/// # Errors
/// When one cannot be read, or is neither a lock nor a bundle.
pub fn diff(one: &Path, other: &Path) -> Result<DiffReport, OpsError> {
    let (old, new) = (Side::read(one)?, Side::read(other)?);
    let mut changes = Vec::new();
    if let (Some(from), Some(to)) = (&old.version, &new.version) {
        changes.extend(Change::between("bundle", What::Version, Some(from), Some(to)));
    }
    changes.extend(old.lock.changes(&new.lock));
    if old.version.is_some() && new.version.is_some() {
        changes.extend(document_changes(&old.documents, &new.documents));
    }
    Ok(DiffReport { changes })
}

fn document_changes(old: &BTreeMap<String, Digest>, new: &BTreeMap<String, Digest>) -> Vec<Change> {
    let mut paths: Vec<_> = old.keys().chain(new.keys()).collect();
    paths.sort();
    paths.dedup();
    let change = |path: &String| {
        let (from, to) = (old.get(path), new.get(path));
        let what = match (from, to) {
            (None, _) => What::New,
            (_, None) => What::Gone,
            _ => What::Digest,
        };
        let text = |digest: Option<&Digest>| digest.map(Digest::to_string);
        Change::between(path, what, text(from).as_deref(), text(to).as_deref())
    };
    paths.into_iter().filter_map(change).collect()
}

impl Side {
    fn read(path: &Path) -> Result<Self, OpsError> {
        if is_json(path)? {
            let lock = Lock::parse(&read_text(path)?, &path.display().to_string())?;
            return Ok(Self { version: None, lock, documents: BTreeMap::new() });
        }
        let archive = UnverifiedArchive::open(path)?.insecure_trust_unsigned()?;
        let documents = Documents::of(&archive)?;
        let contents = archive.contents();
        Ok(Self {
            version: Some(format!("{} {}", contents.name, contents.version)),
            documents: documents.own(),
            lock: documents.lock,
        })
    }
}

/// Tells whether a file begins as a lock does; a bundle begins with the name of its first member.
fn is_json(path: &Path) -> Result<bool, OpsError> {
    let mut first = [0];
    let mut read = || File::open(path)?.read(&mut first);
    read().map_err(|source| OpsError::Io { verb: "read", path: path.to_owned(), source })?;
    Ok(first == *b"{")
}
