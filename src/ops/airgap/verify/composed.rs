//! Makes an image from the parts in a bundle, to compare it with the one that the bundle carries.

use std::io;

use crate::archive::Archive;
use crate::compose::{ComposeError, Composed, Part, Recipe};
use crate::lock::Lock;
use crate::oci::Descriptor;
use crate::ops::bundle::MAX_PART_BYTES;
use crate::spec::{Compose, Spec};

/// Makes an image from what a bundle carries.
pub(super) fn compose_again(
    archive: &Archive,
    spec: &Spec,
    lock: &Lock,
    wanted: &Compose,
) -> Result<Composed, ComposeError> {
    let recipe = Recipe::new(wanted, &spec.targets, |reference| {
        let top = archive.manifest(&lock.item(reference)?.digest)?;
        let listed = top.document.manifests.iter().flatten();
        let children = listed.filter_map(|child| archive.manifest(&child.digest)).collect();
        Some(Part { reference, top, children })
    })?;
    let read = |blob: &Descriptor| archive.blob(&blob.digest, MAX_PART_BYTES).map_err(io::Error::other);
    let measured = recipe.layers()?.into_iter().map(|layer| Ok((layer.measure(&read)?, layer)));
    let layers = measured.collect::<Result<Vec<_>, ComposeError>>()?;
    recipe.make(layers, &read)
}
