//! A bundle as commands see it: its documents, and where its files are.

use std::collections::BTreeMap;

use super::error::OpsError;
use crate::archive::{Archive, ArchiveError};
use crate::digest::Digest;
use crate::lock::Lock;
use crate::spec::Spec;

/// The folder of upstream's files within a bundle.
pub(super) const FILES: &str = "files/";
/// The folder of upstream's lists of checksums within a bundle, each under the name of its file.
pub(super) const CHECKSUMS: &str = "checksums/";
/// The largest blob that is read to make an image, in bytes.
pub(super) const MAX_PART_BYTES: u64 = 64 * 1024 * 1024;

/// The documents of a bundle that say what it must hold.
pub(super) struct Documents {
    pub(super) spec: Spec,
    pub(super) lock: Lock,
    pub(super) payload: BTreeMap<String, Vec<u8>>,
}

impl Documents {
    /// Reads them.
    pub(super) fn of(archive: &Archive) -> Result<Self, OpsError> {
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
        Ok(Self { spec, lock, payload })
    }

    /// Returns what the bundle's author wrote: the spec, the layers, the platforms' files. Lock and upstream's files are not among them.
    pub(super) fn own(&self) -> BTreeMap<String, Digest> {
        let upstreams = |path: &str| path.starts_with(FILES) || path.starts_with(CHECKSUMS);
        let own = self.payload.iter().filter(|(path, _)| !upstreams(path) && *path != "bundle.lock");
        own.map(|(path, bytes)| (path.clone(), Digest::of(bytes))).collect()
    }

    /// Returns the bundle's own files: path and content.
    pub(super) fn into_payload(self) -> BTreeMap<String, Vec<u8>> {
        self.payload
    }
}
