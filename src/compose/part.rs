//! An image or artifact that something is made from.

use super::error::ComposeError;
use crate::oci::{Descriptor, Manifest, Platform};
use crate::reference::{ImageRef, PinnedRef};

/// The largest layer of an artifact that is read, in stored bytes.
pub const MAX_LAYER_BYTES: u64 = 64 * 1024 * 1024;

/// An image or artifact, as upstream publishes it.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// Its reference.
    pub reference: &'a ImageRef,
    /// Its manifest or index.
    pub top: &'a Manifest,
    /// The carried manifests below the index.
    pub children: Vec<&'a Manifest>,
}

impl<'a> Part<'a> {
    /// Returns its reference with its digest.
    pub(super) fn pinned(&self) -> PinnedRef {
        self.reference.pin(self.top.descriptor.digest)
    }

    /// Returns the manifest for a target, and the platform that its index says. What has no platforms is for every target.
    pub(super) fn on(&self, target: &str) -> Result<(&'a Manifest, Option<&'a Platform>), ComposeError> {
        let Some(listed) = &self.top.document.manifests else { return Ok((self.top, None)) };
        let platform =
            |child: &'a Descriptor| child.platform.as_ref().filter(|platform| platform.os != "unknown");
        let plain = listed.iter().all(|child| platform(child).is_none());
        let fits =
            |child: &&'a Descriptor| plain || platform(child).is_some_and(|found| found.matches(target));
        let found: Vec<_> = listed.iter().filter(fits).collect();
        let [one] = found.as_slice() else {
            let reason = format!("it has {} manifests for `{target}`, expected one", found.len());
            return Err(ComposeError::part(self.reference, reason));
        };
        let child = self.children.iter().find(|child| child.descriptor.digest == one.digest);
        let missing = || ComposeError::part(self.reference, format!("manifest `{}` is not here", one.digest));
        Ok((child.ok_or_else(missing)?, platform(one)))
    }

    /// Returns the one layer of an artifact for a target.
    pub(super) fn only_layer(&self, target: &str) -> Result<&'a Descriptor, ComposeError> {
        let (manifest, _) = self.on(target)?;
        let [layer] = manifest.document.layers.as_slice() else {
            let reason = format!("it has {} layers, expected one", manifest.document.layers.len());
            return Err(ComposeError::part(self.reference, reason));
        };
        if layer.size > MAX_LAYER_BYTES {
            let reason = format!("its layer has {} bytes, expected at most {MAX_LAYER_BYTES}", layer.size);
            return Err(ComposeError::part(self.reference, reason));
        }
        Ok(layer)
    }
}
