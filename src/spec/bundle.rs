//! The bundle spec: what the bundle carries, and how each piece must be verified.

use super::compose::Compose;
use super::policy::Policy;
use crate::digest::Digest;
use crate::reference::ImageRef;

/// A bundle spec, validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
    /// The image platforms that the bundle carries, `os/architecture[/variant]`, sorted.
    pub targets: Vec<String>,
    /// The components, in the order of the file.
    pub components: Vec<Component>,
    /// The manifest layers.
    pub layers: Option<Layers>,
    /// The folders of the platforms, relative to the spec.
    pub platforms: PlatformFolders,
    /// The site files that completeness is checked against, relative to the spec.
    pub sites: Vec<String>,
}

/// The folder of the manifest layers, and which of them to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers {
    /// The folder, relative to the spec.
    pub folder: String,
    /// The names of the layers; empty for every one of the folder.
    pub only: Vec<String>,
}

/// The folders with the adjustments for each platform, relative to the spec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlatformFolders {
    /// K3s' folder.
    pub k3s: Option<String>,
    /// Talos' folder.
    pub talos: Option<String>,
}

/// One component of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its version, for people.
    pub version: Option<String>,
    /// Its images and artifacts.
    pub items: Vec<Item>,
    /// Its files.
    pub files: Vec<FileSpec>,
    /// The images that are made from images and artifacts of the spec.
    pub compose: Vec<Compose>,
}

/// Whether something is run by containerd or only stored beside images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// A container image.
    Image,
    /// Any other OCI artifact: a plugin, rules, a database.
    Artifact,
}

/// One image or artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Image or artifact.
    pub kind: ItemKind,
    /// Upstream's reference.
    pub reference: ImageRef,
    /// Who must have signed it.
    pub policy: Policy,
}

/// A file that is downloaded unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// The name under which layers refer to it.
    pub name: String,
    /// Where it comes from.
    pub url: String,
    /// Its digest; without one the lock pins what it saw first.
    pub sha256: Option<Digest>,
    /// Where upstream's own list of checksums is, which has to name the file.
    pub checksums: Option<String>,
    /// Whether it is stored uncompressed and never held in memory: a program, an archive of images. No layer can read it.
    pub large: bool,
}

impl FileSpec {
    /// Returns what upstream calls the file: the last part of its address.
    #[must_use]
    pub fn upstream_name(&self) -> &str {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }
}

impl Spec {
    /// Returns every image and artifact, in the order of the file.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.components.iter().flat_map(|component| &component.items)
    }

    /// Tells whether a trusted root is needed to judge what is in it.
    #[must_use]
    pub fn is_keyless(&self) -> bool {
        self.items().any(|item| item.policy.is_keyless())
    }

    /// Returns every image that is made from others, in the order of the file.
    pub fn compose(&self) -> impl Iterator<Item = &Compose> {
        self.components.iter().flat_map(|component| &component.compose)
    }

    /// Returns every file, in the order of the file.
    pub fn files(&self) -> impl Iterator<Item = &FileSpec> {
        self.components.iter().flat_map(|component| &component.files)
    }
}
