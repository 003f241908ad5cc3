//! OCI documents: descriptors, manifests and indexes, and the evidence stored beside a manifest.
//!
//! Only the fields that this program acts on are decoded. The bytes are kept and passed on unchanged.

mod descriptor;
mod document;
mod evidence;
mod manifest;
mod media_type;

pub use descriptor::{Descriptor, Platform};
pub use document::Document;
pub use evidence::Evidence;
pub use manifest::{MAX_MANIFEST_BYTES, Manifest};
pub use media_type::{DOCKER_INDEX, DOCKER_MANIFEST, IMAGE_CONFIG, INDEX, MANIFEST, is_index, is_manifest};
