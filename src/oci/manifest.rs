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
    /// The reason, when there are more than [`MAX_MANIFEST_BYTES`], when they are not JSON of that shape, or when the media type is not known and not stated.
    pub fn parse(bytes: Bytes, stated: Option<&str>) -> Result<Self, String> {
        if bytes.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(format!("{} bytes, at most {MAX_MANIFEST_BYTES} are read", bytes.len()));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::MANIFEST;

    #[test]
    fn what_is_no_manifest_is_refused() {
        for (bytes, expected) in [
            (String::new(), "not a manifest: EOF while parsing a value at line 1 column 0"),
            (" ".repeat(5_000_000), "5000000 bytes, at most 4194304 are read"),
            (
                r#"{"layers":[{"mediaType":"x","size":5,"digest":"sha256:00"}]}"#.to_owned(),
                "not a manifest: expected a digest `sha256:` and 64 lower-case hexadecimal digits",
            ),
            (
                r#"{"manifests":[]}"#.to_owned(),
                "media type `application/vnd.oci.image.manifest.v1+json` does not fit",
            ),
        ] {
            let refused = Manifest::parse(bytes.into(), Some(MANIFEST)).unwrap_err();
            assert!(refused.starts_with(expected), "{refused}");
        }
    }
}
