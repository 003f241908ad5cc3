//! A manifest or index, with the bytes that it came as.

use bytes::Bytes;

use super::descriptor::Descriptor;
use super::document::Document;
use super::media_type::{is_index, is_manifest};

/// The largest manifest or index that is taken, in bytes.
// See: OCI distribution-spec, "Pushing Manifests": registries accept at least 4 MiB
pub const MAX_MANIFEST_BYTES: u64 = 4 * 1024 * 1024;

/// A manifest or index, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The bytes.
    pub bytes: Bytes,
    /// Their descriptor; the media type is the document's own where it names one.
    pub descriptor: Descriptor,
    /// What they say.
    pub document: Document,
}

impl Manifest {
    /// Reads a manifest or index from its bytes.
    ///
    /// # Errors
    /// The reason, when the bytes are not JSON of that shape, or when the media type is not known and not stated.
    pub fn parse(bytes: Bytes, stated: Option<&str>) -> Result<Self, String> {
        let document: Document =
            serde_json::from_slice(&bytes).map_err(|error| format!("not a manifest: {error}"))?;
        let media_type = document.media_type.as_deref().or(stated).unwrap_or_default();
        if document.manifests.is_some() != is_index(media_type)
            || !(is_index(media_type) || is_manifest(media_type))
        {
            return Err(format!("media type `{media_type}` does not fit what it holds"));
        }
        Ok(Self { descriptor: Descriptor::of(media_type, &bytes), document, bytes })
    }
}
