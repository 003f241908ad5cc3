//! Makes images from parts that were gathered.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;

use bytes::Bytes;

use crate::archive::Writer;
use crate::compose::{Composed, LayerRecipe, Part, Recipe};
use crate::digest::Digest;
use crate::oci::Descriptor;
use crate::ops::bundle::MAX_PART_BYTES;
use crate::ops::error::{EntryError, OpsError};
use crate::reference::ImageRef;
use crate::registry::{Client, RegistryError};
use crate::resolve::Resolved;
use crate::spec::{Compose, Spec};
use crate::store::{BlobSink as _, BlobSource};
use crate::trust::{Judged, Verified};

/// Makes every image that a spec composes, but for the bytes of the layers.
pub(super) async fn compose(
    spec: &Spec,
    items: &[Verified<Judged<Resolved>>],
    client: &Client,
) -> Result<Vec<Composed>, OpsError> {
    let (mut composed, mut errors) = (Vec::new(), Vec::new());
    for wanted in spec.compose() {
        match compose_one(spec, wanted, items, client).await {
            Ok(made) => composed.push(made),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(composed) } else { Err(OpsError::Entries(errors)) }
}

async fn compose_one(
    spec: &Spec,
    wanted: &Compose,
    items: &[Verified<Judged<Resolved>>],
    client: &Client,
) -> Result<Composed, EntryError> {
    let refused = |source| EntryError::Compose { reference: wanted.image.to_string(), source };
    let find = |reference: &ImageRef| items.iter().find(|resolved| resolved.item.reference == *reference);
    let recipe = Recipe::new(wanted, &spec.targets, |reference| {
        let resolved = find(reference)?;
        let children = resolved.children.iter().collect();
        Some(Part { reference: &resolved.item.reference, top: &resolved.top, children })
    });
    let recipe = recipe.map_err(refused)?;
    let mut layers = Vec::new();
    for layer in recipe.layers().map_err(refused)? {
        let unfetched = |source| EntryError::Part { reference: wanted.image.to_string(), source };
        let blobs = fetch(&layer, client).await.map_err(unfetched)?;
        layers.push((layer.measure(&|blob| held(&blobs, blob)).map_err(refused)?, layer));
    }
    let configs: BTreeMap<_, _> = find(&wanted.base)
        .into_iter()
        .flat_map(|resolved| resolved.configs.iter().map(|(digest, bytes)| (*digest, bytes.clone())))
        .collect();
    recipe.make(layers, &|blob| held(&configs, blob)).map_err(refused)
}

/// Fetches the layers of artifacts that one layer is made from. They are small; they come again when the bundle is packed.
async fn fetch(layer: &LayerRecipe, client: &Client) -> Result<BTreeMap<Digest, Bytes>, RegistryError> {
    let mut blobs = BTreeMap::new();
    for file in &layer.files {
        if let Entry::Vacant(place) = blobs.entry(file.layer.digest) {
            place.insert(client.upstream(&file.artifact).blob(&file.layer, MAX_PART_BYTES).await?);
        }
    }
    Ok(blobs)
}

fn held(blobs: &BTreeMap<Digest, Bytes>, wanted: &Descriptor) -> io::Result<Bytes> {
    blobs.get(&wanted.digest).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Writes a layer into its place, from blobs that are in theirs.
pub(super) fn write_layer(writer: &Writer, digest: &Digest, layer: &LayerRecipe) -> Result<(), OpsError> {
    let mut offset = 0;
    let read = |blob: &Descriptor| {
        let mut bytes = vec![0; usize::try_from(blob.size.min(MAX_PART_BYTES)).unwrap_or_default()];
        writer.read_exact_at(&blob.digest, 0, &mut bytes)?;
        Ok(bytes.into())
    };
    let written = layer.write(&read, &mut |piece| {
        writer.write_all_at(digest, offset, piece)?;
        offset += piece.len() as u64;
        Ok(())
    });
    let failed = |source| EntryError::Compose { reference: digest.to_string(), source };
    written.map_err(|source| failed(source).into())
}
