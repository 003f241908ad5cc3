//! Images made from parts of the same bundle: a base, and one layer more with files of artifacts, for every target.
//!
//! All that is made follows from the parts and the spec alone: no time, no order, no compressor. So the holder of a bundle makes the
//! image again and compares digests, and an image that upstream did not sign is as good as its parts.
//! Nothing large is held: the layer comes piece by piece, when it is measured and when it is written.

mod error;
mod gzip;
mod image;
mod layer;
mod part;
mod take;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bytes::Bytes;

pub use error::ComposeError;
pub use gzip::Take;
pub use layer::{LayerRecipe, Measured, Read};
pub use part::Part;
pub use take::Taken;

use crate::digest::Digest;
use crate::lock::{LockedAddition, LockedCompose, LockedPart};
use crate::oci::{Descriptor, Manifest, Platform};
use crate::spec::Compose;
use image::Described;

/// An image that is to be made, and what it is made from.
#[derive(Debug, Clone)]
pub struct Recipe<'a> {
    compose: &'a Compose,
    base: Part<'a>,
    artifacts: Vec<Part<'a>>,
    targets: &'a [String],
}

/// The base on one target.
struct Base<'a> {
    manifest: &'a Manifest,
    config: Bytes,
    platform: Platform,
}

/// An image that was made, but for its layers' bytes.
#[derive(Debug, Clone)]
pub struct Composed {
    /// What the lock says of it.
    pub locked: LockedCompose,
    /// Its index.
    pub index: Manifest,
    /// Its manifests.
    pub manifests: Vec<Manifest>,
    /// Its configurations, by digest.
    pub configs: BTreeMap<Digest, Bytes>,
    /// The layers that were added: digest, size in bytes, and how each is made.
    pub layers: BTreeMap<Digest, (u64, LayerRecipe)>,
}

impl<'a> Recipe<'a> {
    /// Takes what an image is made from; `find` returns an image or artifact of the bundle.
    ///
    /// # Errors
    /// When a part is not there.
    pub fn new(
        compose: &'a Compose,
        targets: &'a [String],
        find: impl Fn(&'a crate::reference::ImageRef) -> Option<Part<'a>>,
    ) -> Result<Self, ComposeError> {
        let part = |reference: &'a crate::reference::ImageRef| {
            let missing = || ComposeError::part(reference, "it is not in the bundle");
            find(reference).ok_or_else(missing)
        };
        let artifacts = compose.add.iter().map(|addition| part(&addition.artifact));
        Ok(Self {
            compose,
            base: part(&compose.base)?,
            artifacts: artifacts.collect::<Result<_, _>>()?,
            targets,
        })
    }

    /// Returns how the layer of each target is made, in the order of the targets.
    ///
    /// # Errors
    /// When an artifact has no layer for a target, or not exactly one.
    pub fn layers(&self) -> Result<Vec<LayerRecipe>, ComposeError> {
        self.targets.iter().map(|target| self.layer(target)).collect()
    }

    fn layer(&self, target: &str) -> Result<LayerRecipe, ComposeError> {
        let added = self.compose.add.iter().zip(&self.artifacts);
        let files = added.map(|(addition, artifact)| {
            let layer = artifact.only_layer(target)?.clone();
            Ok(Taken { path: addition.path.clone(), artifact: addition.artifact.clone(), layer })
        });
        Ok(LayerRecipe { files: files.collect::<Result<_, _>>()? })
    }

    /// Makes the image from its layers, as they were measured, in the order of [`Recipe::layers`].
    /// `read` is asked for the base's configurations.
    ///
    /// # Errors
    /// When the base is no image of every target, or its configuration is not as it must be.
    pub fn make(
        &self,
        layers: Vec<(Measured, LayerRecipe)>,
        read: Read<'_>,
    ) -> Result<Composed, ComposeError> {
        let (mut made, mut listed) = (Vec::new(), Vec::new());
        let mut composed = BTreeMap::new();
        let mut configs = BTreeMap::new();
        for (target, (layer, recipe)) in self.targets.iter().zip(layers) {
            let base = self.base_on(target, read)?;
            let (config, manifest) = self.image(&base, &layer)?;
            listed.push(Descriptor { platform: Some(base.platform), ..manifest.descriptor.clone() });
            configs.insert(Digest::of(&config), config);
            composed.insert(layer.digest, (layer.size, recipe));
            made.push(manifest);
        }
        let index = image::index(&self.base.top.descriptor.media_type, listed, &self.annotations());
        let index = index.map_err(|reason| ComposeError::part(&self.compose.base, reason))?;
        let locked = self.locked(&index, &made);
        Ok(Composed { locked, index, manifests: made, configs, layers: composed })
    }

    fn base_on(&self, target: &str, read: Read<'_>) -> Result<Base<'a>, ComposeError> {
        let (manifest, platform) = self.base.on(target)?;
        let failed = |reason: &str| ComposeError::part(&self.compose.base, reason);
        let config = manifest.document.config.as_ref().ok_or_else(|| failed("it has no configuration"))?;
        let config = read(config).map_err(|source| ComposeError::io(&self.compose.base, source))?;
        let own: Option<Platform> = serde_json::from_slice(&config).ok();
        let platform = platform.cloned().or(own).filter(|platform| platform.matches(target));
        let platform = platform.ok_or_else(|| failed(&format!("it is not for `{target}`")))?;
        Ok(Base { manifest, config, platform })
    }

    fn image(&self, base: &Base<'_>, layer: &Measured) -> Result<(Bytes, Manifest), ComposeError> {
        let failed = |reason| ComposeError::part(&self.compose.base, reason);
        let said = Described { base: base.manifest, config: &base.config, history: &self.history() };
        image::with_layer(&said, layer).map_err(failed)
    }

    /// Returns what is added, and from where, in words.
    fn added(&self) -> impl Iterator<Item = String> {
        let added = self.compose.add.iter().zip(&self.artifacts);
        added.map(|(addition, artifact)| format!("{} from {}", addition.path, artifact.pinned()))
    }

    fn history(&self) -> String {
        format!("bundle compose: {}", self.added().collect::<Vec<_>>().join(", "))
    }

    // See: OCI image-spec annotations.md, "Pre-Defined Annotation Keys"
    fn annotations(&self) -> BTreeMap<String, String> {
        let base = [
            ("org.opencontainers.image.base.name", self.compose.base.to_string()),
            ("org.opencontainers.image.base.digest", self.base.top.descriptor.digest.to_string()),
        ];
        let base = base.into_iter().map(|(key, value)| (key.to_owned(), value));
        let added = self.added().enumerate();
        base.chain(added.map(|(at, added)| (format!("local.bundle.added.{}", at + 1), added))).collect()
    }

    fn locked(&self, index: &Manifest, manifests: &[Manifest]) -> LockedCompose {
        let part = |part: &Part<'_>| LockedPart {
            reference: part.reference.clone(),
            digest: part.top.descriptor.digest,
        };
        let added = self.compose.add.iter().zip(&self.artifacts);
        let added = added.map(|(addition, artifact)| LockedAddition {
            path: addition.path.clone(),
            artifact: part(artifact),
        });
        let listed = index.document.manifests.iter().flatten();
        let blobs: BTreeMap<_, _> = manifests
            .iter()
            .flat_map(|manifest| manifest.document.blobs())
            .map(|blob| (blob.digest, blob.size))
            .collect();
        LockedCompose {
            reference: self.compose.image.clone(),
            digest: index.descriptor.digest,
            base: part(&self.base),
            add: added.collect(),
            platforms: listed.filter_map(|child| child.platform.as_ref()).map(Platform::name).collect(),
            size: blobs.values().sum(),
        }
    }
}
