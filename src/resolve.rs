//! Turns a reference into digests: the manifests that travel, the subset index, and the evidence of who signed them.
//!
//! Only small things are fetched here and held in memory; the blobs are streamed later, once every size is known.

mod evidence;
mod platforms;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;

pub use evidence::{Evidence, MAX_EVIDENCE_BYTES};

use crate::digest::Digest;
use crate::oci::{Descriptor, Manifest};
use crate::reference::PinnedRef;
use crate::registry::{Client, RegistryError, Repository};
use crate::spec::{Item, ItemKind};

/// The largest configuration that is taken, in bytes.
const MAX_CONFIG_BYTES: u64 = 4 * 1024 * 1024;

/// An image or artifact, resolved.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What the spec says of it.
    pub item: Item,
    /// The manifest or index as upstream publishes it.
    pub top: Manifest,
    /// The index of the platforms that travel, where not all of them do.
    pub subset: Option<Manifest>,
    /// The manifests below the index that travel.
    pub children: Vec<Manifest>,
    /// The names of the platforms that travel; empty for what has none.
    pub platforms: Vec<String>,
    /// The configurations of what travels, by digest.
    pub configs: BTreeMap<Digest, Bytes>,
    /// Signatures, attestations and other referrers of the manifest or index.
    pub evidence: Vec<Evidence>,
}

/// A reference could not be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The registry did not answer as it should.
    #[error("failed to resolve `{reference}`")]
    Registry {
        /// The reference.
        reference: String,
        /// What went wrong.
        source: RegistryError,
    },
    /// Not every target is there.
    #[error("`{reference}` has no image for {}: it has {}", missing.join(", "), listed(found))]
    Platforms {
        /// The reference.
        reference: String,
        /// The targets that are not there.
        missing: Vec<String>,
        /// The platforms that are.
        found: Vec<String>,
    },
    /// What was found has a form that cannot be carried.
    #[error("`{reference}`: {reason}")]
    Unsupported {
        /// The reference.
        reference: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ResolveError {
    /// Returns whether what was found is refused, rather than not found.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Registry { source, .. } => source.is_refusal(),
            Self::Platforms { .. } | Self::Unsupported { .. } => true,
        }
    }

    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Registry { source, .. } => hint(source),
            Self::Platforms { .. } => {
                Some("take the target out of `targets`, or choose a version that has it".to_owned())
            }
            Self::Unsupported { .. } => None,
        }
    }
}

fn listed(platforms: &[String]) -> String {
    if platforms.is_empty() { "no platform".to_owned() } else { platforms.join(", ") }
}

/// Returns what helps with a registry that is read from.
fn hint(error: &RegistryError) -> Option<String> {
    let text = match error.cause() {
        RegistryError::Unreachable { .. } => {
            return error.hint().map(|hint| hint + "; a mirror of it is named in the file of `--registries`");
        }
        RegistryError::NotFound { .. } => {
            "check the name and the tag in the spec; where it is the lock's digest that is gone, `bundle lock SPEC --update` takes what the tag names now"
        }
        RegistryError::Malformed { .. } | RegistryError::TooLarge { .. } => {
            "that is not what a registry sends: ask upstream's registry directly, and do not use this content"
        }
        _ => return error.hint(),
    };
    Some(text.to_owned())
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

    /// Returns the bytes of all blobs that travel, each counted once.
    #[must_use]
    pub fn size(&self) -> u64 {
        let blobs: BTreeMap<_, _> = self
            .manifests()
            .flat_map(|manifest| manifest.document.blobs())
            .map(|blob| (blob.digest, blob.size))
            .collect();
        blobs.values().sum()
    }
}

/// Returns the index of those platforms of `top` that travel; `None` where all of them do, or where it is no index.
///
/// # Errors
/// [`ResolveError`] where a target is missing, or the index cannot be carried.
pub fn subset_of(item: &Item, top: &Manifest, targets: &[String]) -> Result<Option<Manifest>, ResolveError> {
    let Some(listed) = &top.document.manifests else { return Ok(None) };
    platforms::select(item, top, listed, targets).map(|(resolved, _)| resolved.subset)
}

/// Resolves one item. With a locked digest that digest is asked for, and the tag is not looked at.
///
/// # Errors
/// [`ResolveError`] when anything is missing, altered, or of a form that cannot be carried.
pub async fn resolve(
    client: &Client,
    item: &Item,
    targets: &[String],
    locked: Option<Digest>,
) -> Result<Resolved, ResolveError> {
    let repository = client.upstream(&item.reference);
    let failed = |source| ResolveError::Registry { reference: item.reference.to_string(), source };
    let top = top(&repository, item, locked).await.map_err(failed)?;
    let (mut resolved, children) = match &top.document.manifests {
        Some(listed) => platforms::select(item, &top, listed, targets)?,
        None => (Resolved::of(item, top.clone()), Vec::new()),
    };
    for child in &children {
        resolved.children.push(manifest(&repository, child).await.map_err(failed)?);
    }
    resolved.configs = configs(&repository, &resolved).await.map_err(failed)?;
    if resolved.top.document.manifests.is_none() && item.kind == ItemKind::Image {
        resolved.platforms = platforms::of_single(item, &resolved, targets)?;
    }
    resolved.evidence =
        evidence::discover(&repository, &resolved.top.descriptor.digest).await.map_err(failed)?;
    Ok(resolved)
}

impl Resolved {
    fn of(item: &Item, top: Manifest) -> Self {
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

async fn top(
    repository: &Repository,
    item: &Item,
    locked: Option<Digest>,
) -> Result<Manifest, RegistryError> {
    let digest = locked.or(item.reference.digest());
    let asked = digest
        .map(|digest| digest.to_string())
        .or_else(|| item.reference.tag().map(str::to_owned))
        .unwrap_or_default();
    let found = repository.manifest(&asked).await?;
    found.ok_or_else(|| repository.not_found(&asked))
}

async fn manifest(repository: &Repository, descriptor: &Descriptor) -> Result<Manifest, RegistryError> {
    let digest = descriptor.digest.to_string();
    let found = repository.manifest(&digest).await?;
    let manifest = found.ok_or_else(|| repository.not_found(&digest))?;
    if manifest.descriptor.size != descriptor.size {
        return Err(RegistryError::Size {
            what: format!("`{}@{digest}`", repository.name()),
            expected: descriptor.size,
            found: manifest.descriptor.size,
        });
    }
    Ok(manifest)
}

async fn configs(
    repository: &Repository,
    resolved: &Resolved,
) -> Result<BTreeMap<Digest, Bytes>, RegistryError> {
    let mut configs = BTreeMap::new();
    for config in resolved.manifests().filter_map(|manifest| manifest.document.config.as_ref()) {
        if let Entry::Vacant(place) = configs.entry(config.digest) {
            place.insert(repository.blob(config, MAX_CONFIG_BYTES).await?);
        }
    }
    Ok(configs)
}
