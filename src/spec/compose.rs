//! Images that are made from other parts of the same bundle.

use crate::reference::ImageRef;

/// The host of every image that a bundle makes itself. No registry answers to it: no upstream can be meant by it.
pub const COMPOSED_HOST: &str = "bundle.local";

/// An image that is made from a base and from files of artifacts, for every target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compose {
    /// The name of what is made.
    pub image: ImageRef,
    /// The image that it begins with; an image of the same spec.
    pub base: ImageRef,
    /// What is added, sorted by path. No path is there twice, and none is a folder of another.
    pub add: Vec<Addition>,
}

/// A file that is added to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The artifact whose only layer holds it; an artifact of the same spec.
    pub artifact: ImageRef,
    /// Its absolute path in the image. Its last part is its name in the artifact.
    pub path: String,
}

impl Addition {
    /// Returns the file's name in the artifact.
    #[must_use]
    pub fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}
