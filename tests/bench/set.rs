//! The generated set: 12 images of four layers each, one of them shared by all; incompressible, the same every time.

use std::collections::BTreeMap;
use std::path::Path;

use airgap_bundle::digest::{Digest, Hasher};
use airgap_bundle::oci;
use airgap_bundle::registry::{Client, Endpoint, Repository};
use airgap_bundle::spec::Registries;
use bytes::Bytes;
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Failure;

const IMAGES: u64 = 12;
/// The sizes of an image's own layers, in tenths of its share.
const WEIGHTS: [u64; 3] = [6, 3, 1];
const PIECE_BYTES: u64 = 1024 * 1024;
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// The whole set: the content of `set.json`.
#[derive(Serialize, Deserialize)]
pub struct Set {
    pub images: Vec<Image>,
}

/// One image, with the manifest that is pushed.
#[derive(Serialize, Deserialize)]
pub struct Image {
    pub repository: String,
    pub manifest: String,
    pub blobs: Vec<Blob>,
}

/// A layer or a configuration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Blob {
    pub digest: Digest,
    pub size: u64,
}

/// A blob, its place in the floor's file, and the repositories that need it.
#[derive(Clone)]
pub struct Placed {
    pub blob: Blob,
    pub offset: u64,
    pub repositories: Vec<String>,
}

/// The tag of every image.
pub const TAG: &str = "1.0";

impl Set {
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        Ok(serde_json::from_slice(&std::fs::read(folder.join("set.json"))?)?)
    }

    /// Returns every blob once, the largest first, each at an offset as a tar would have it.
    pub fn placed(&self) -> Vec<Placed> {
        let mut repositories: BTreeMap<Blob, Vec<String>> = BTreeMap::new();
        for image in &self.images {
            for blob in &image.blobs {
                repositories.entry(*blob).or_default().push(image.repository.clone());
            }
        }
        let mut placed: Vec<_> = repositories
            .into_iter()
            .map(|(blob, repositories)| Placed { blob, offset: 0, repositories })
            .collect();
        placed.sort_by_key(|placed| std::cmp::Reverse(placed.blob.size));
        let mut next = 0;
        for placed in &mut placed {
            placed.offset = next;
            next = (next + placed.blob.size).next_multiple_of(512) + 512;
        }
        placed
    }

    /// Returns S: the bytes of all blobs, each counted once.
    pub fn bytes(&self) -> u64 {
        self.placed().iter().map(|placed| placed.blob.size).sum()
    }
}

/// Fills a registry, and writes `set.json`, `bench.yaml` and `registries.yaml`.
pub async fn publish(registry: &str, folder: &Path, mib: u64) -> Result<(), Failure> {
    let client = Client::new(Registries::default())?;
    let total = mib * 1024 * 1024;
    let (base, share) = (total / 10, (total - total / 10) / IMAGES);
    let mut images = Vec::new();
    for number in 0..IMAGES {
        let path = format!("bench/image-{number:02}");
        let repository = client.repository(Endpoint::new(registry, Some(true), ""), &path, &path);
        // Sizes that are no multiple of anything, as those of real layers.
        let own = (1..).zip(WEIGHTS).map(|(place, weight)| {
            (number * WEIGHTS.len() as u64 + place, share * weight / 10 - number * 61 - place)
        });
        let layers: Vec<_> = std::iter::once((0, base)).chain(own).collect();
        images.push(publish_image(&repository, path, &layers).await?);
    }
    std::fs::write(folder.join("bench.yaml"), spec(&images))?;
    let registries = format!("docker.io: {{mirror: \"{registry}\", plainHttp: true}}\n");
    std::fs::write(folder.join("registries.yaml"), registries)?;
    Ok(std::fs::write(folder.join("set.json"), serde_json::to_vec(&Set { images })?)?)
}

async fn publish_image(
    repository: &Repository,
    path: String,
    layers: &[(u64, u64)],
) -> Result<Image, Failure> {
    let mut blobs = Vec::new();
    for (seed, size) in layers {
        let blob = Blob { digest: layer_digest(*seed, *size), size: *size };
        repository.upload(&blob.digest, *size, || stream::iter(layer(*seed, *size).map(Ok))).await?;
        blobs.push(blob);
    }
    let diffs: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
    let config =
        json!({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diffs}});
    let config = Bytes::from(serde_json::to_vec(&config)?);
    let described = oci::Descriptor::of(oci::IMAGE_CONFIG, &config);
    repository.upload(&described.digest, described.size, || whole(config.clone())).await?;
    let layers =
        blobs.iter().map(|blob| json!({"mediaType": LAYER, "digest": blob.digest, "size": blob.size}));
    let layers: Vec<_> = layers.collect();
    let manifest =
        json!({"schemaVersion": 2, "mediaType": oci::MANIFEST, "config": described, "layers": layers})
            .to_string();
    repository.put_manifest(TAG, oci::MANIFEST, manifest.clone().into()).await?;
    blobs.push(Blob { digest: described.digest, size: described.size });
    Ok(Image { repository: path, manifest, blobs })
}

fn whole(bytes: Bytes) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    stream::iter([Ok(bytes)])
}

fn layer_digest(seed: u64, size: u64) -> Digest {
    let mut hasher = Hasher::default();
    layer(seed, size).for_each(|piece| hasher.update(&piece));
    hasher.finish()
}

/// Returns the content of a layer, piece by piece.
// See: Steele, Lea, Flood: "Fast splittable pseudorandom number generators", SplitMix64
fn layer(seed: u64, size: u64) -> impl Iterator<Item = Bytes> + Send {
    let mut state = seed << 40;
    let word = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    };
    let mut words = std::iter::repeat_with(word);
    (0..size).step_by(PIECE_BYTES as usize).map(move |start| {
        let length = (size - start).min(PIECE_BYTES) as usize;
        let mut piece: Vec<u8> = words.by_ref().take(length.div_ceil(8)).flat_map(u64::to_le_bytes).collect();
        piece.truncate(length);
        piece.into()
    })
}

fn spec(images: &[Image]) -> String {
    let head = "apiVersion: bundle/v1alpha1\nkind: Bundle\nmetadata: {name: bench, version: \"1\"}\ntargets: [linux/amd64]\n\
        policies:\n  generated: {unsigned: {reason: generated}}\ncomponents:\n  - name: bench\n    images:\n";
    let image = |image: &Image| {
        format!("      - {{ref: \"docker.io/{}:{TAG}\", verify: generated}}\n", image.repository)
    };
    std::iter::once(head.to_owned()).chain(images.iter().map(image)).collect()
}
