//! A resolved image or artifact.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::digest::Digest;
use crate::oci::{Evidence, Manifest};
use crate::reference::PinnedRef;
use crate::spec::Item;

/// An image or artifact, resolved.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What the spec says of it.
    pub item: Item,
    /// The manifest or index as upstream publishes it.
    pub top: Manifest,
    /// The index of the carried platforms, if not all are carried.
    pub subset: Option<Manifest>,
    /// The carried manifests below the index.
    pub children: Vec<Manifest>,
    /// The names of the carried platforms; empty for an item without platforms.
    pub platforms: Vec<String>,
    /// The carried configurations, by digest.
    pub configs: BTreeMap<Digest, Bytes>,
    /// Signatures, attestations and other referrers of the manifest or index.
    pub evidence: Vec<Evidence>,
}

impl Resolved {
    /// Returns the reference with the digest that upstream publishes.
    #[must_use]
    pub fn pinned(&self) -> PinnedRef {
        self.item.reference.pin(self.top.descriptor.digest)
    }

    /// Returns the manifest or index that rendered references name: the subset where there is one.
    #[must_use]
    pub fn carried(&self) -> &Manifest {
        self.subset.as_ref().unwrap_or(&self.top)
    }

    /// Returns every manifest that is not an index.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        let top = (!self.top.descriptor.is_index()).then_some(&self.top);
        top.into_iter().chain(&self.children)
    }

    /// Returns the digest of everything that the item consists of: indexes, manifests and blobs.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        let indexes = [Some(&self.top), self.subset.as_ref()].into_iter().flatten();
        let manifests = indexes.chain(&self.children).map(|manifest| manifest.descriptor.digest);
        manifests
            .chain(self.manifests().flat_map(|manifest| manifest.document.blobs()).map(|blob| blob.digest))
            .collect()
    }

    /// Returns the size in bytes of all carried blobs, each counted once.
    #[must_use]
    pub fn size(&self) -> u64 {
        let blobs: BTreeMap<_, _> = self
            .manifests()
            .flat_map(|manifest| manifest.document.blobs())
            .map(|blob| (blob.digest, blob.size))
            .collect();
        blobs.values().sum()
    }

    /// Returns the item with its manifest; the rest is still to be found.
    pub(super) fn of(item: &Item, top: Manifest) -> Self {
        Self {
            item: item.clone(),
            top,
            subset: None,
            children: Vec::new(),
            platforms: Vec::new(),
            configs: BTreeMap::new(),
            evidence: Vec::new(),
        }
    }
}
