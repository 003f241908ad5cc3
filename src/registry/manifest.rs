//! A manifest or index, with the bytes that it came as.

use bytes::Bytes;

use super::oci::{self, Descriptor, Document};

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
        if document.manifests.is_some() != oci::is_index(media_type)
            || !(oci::is_index(media_type) || oci::is_manifest(media_type))
        {
            return Err(format!("media type `{media_type}` does not fit what it holds"));
        }
        Ok(Self { descriptor: Descriptor::of(media_type, &bytes), document, bytes })
    }
}
