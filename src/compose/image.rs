//! The documents of an image that is made: configuration, manifest and index, in the media types of its base.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::layer::Measured;
use crate::digest::Digest;
use crate::oci::{self, Descriptor, Manifest};

// See: OCI image-spec layer.md
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
// See: distribution docs/spec/manifest-v2-2.md
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// What an image is made from, and what its history says of that.
pub(super) struct Described<'a> {
    pub base: &'a Manifest,
    pub config: &'a [u8],
    pub history: &'a str,
}

/// Returns configuration and manifest of a base with one more layer.
pub(super) fn with_layer(said: &Described<'_>, layer: &Measured) -> Result<(Bytes, Manifest), String> {
    let is_docker = said.base.descriptor.media_type == oci::DOCKER_MANIFEST;
    let added = Descriptor {
        media_type: (if is_docker { DOCKER_LAYER } else { LAYER }).to_owned(),
        digest: layer.digest,
        size: layer.size,
        ..Descriptor::of(LAYER, b"")
    };
    let config = config(said, layer.inner)?;
    let base = parse(&said.base.bytes, "its manifest")?;
    let config_type = said.base.document.config.as_ref().map(|config| config.media_type.clone());
    let mut layers = base["layers"].as_array().cloned().unwrap_or_default();
    layers.push(json!(added));
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": said.base.descriptor.media_type,
        "config": Descriptor::of(&config_type.unwrap_or_default(), &config),
        "layers": layers,
    });
    Ok((config, Manifest::parse(manifest.to_string().into(), None)?))
}

/// Returns the base's configuration with one more layer; nothing else changes.
// See: OCI image-spec config.md: a history accounts for every layer, or is not there
fn config(said: &Described<'_>, added: Digest) -> Result<Bytes, String> {
    let mut config = parse(said.config, "its configuration")?;
    let layers = said.base.document.layers.len();
    let inner = config.pointer_mut("/rootfs/diff_ids").and_then(Value::as_array_mut);
    let inner = inner.filter(|inner| inner.len() == layers);
    let inner = inner
        .ok_or_else(|| format!("its configuration does not name {layers} layers, as its manifest does"))?;
    inner.push(json!(added));
    let created = config.get("created").cloned();
    let history = config.get_mut("history").and_then(Value::as_array_mut);
    if let Some(history) = history.filter(|history| !history.is_empty()) {
        let mut line = json!({ "created_by": said.history });
        if let Some(created) = created {
            line["created"] = created;
        }
        history.push(line);
    }
    Ok(config.to_string().into())
}

/// Returns the index of what was made, in the family of the base's own manifest or index.
pub(super) fn index(
    base: &str,
    manifests: Vec<Descriptor>,
    annotations: &BTreeMap<String, String>,
) -> Result<Manifest, String> {
    let is_docker = base == oci::DOCKER_MANIFEST || base == oci::DOCKER_INDEX;
    let index = json!({
        "schemaVersion": 2,
        "mediaType": if is_docker { oci::DOCKER_INDEX } else { oci::INDEX },
        "manifests": manifests,
        "annotations": annotations,
    });
    Manifest::parse(index.to_string().into(), None)
}

fn parse(bytes: &[u8], what: &str) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("{what} is not JSON: {error}"))
}
