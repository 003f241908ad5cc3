//! Bundles that are made by hand, for what the stand-in for the internet does not publish.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use airgap_bundle::archive::{
    Contents, Entry, FILE_TYPE, FORMAT_VERSION, Layout, PayloadFile, Role, SIGNATURE_SLOT, Writer,
    bundle_manifest, index_document,
};
use airgap_bundle::digest::Digest;
use airgap_bundle::oci::{self, Descriptor};
use airgap_bundle::store::BlobSink;
use serde_json::{Value, json};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What goes into a bundle.
#[derive(Default)]
pub struct Made {
    entries: Vec<Entry>,
    files: Vec<PayloadFile>,
    blobs: BTreeMap<Digest, Vec<u8>>,
}

impl Made {
    fn blob(&mut self, media_type: &str, bytes: Vec<u8>) -> Descriptor {
        let descriptor = Descriptor::of(media_type, &bytes);
        self.blobs.insert(descriptor.digest, bytes);
        descriptor
    }

    fn entry(&mut self, role: Role, name: &str, manifest: &Value) -> Descriptor {
        let media_type = manifest["mediaType"].as_str().expect("a media type").to_owned();
        let descriptor = self.blob(&media_type, manifest.to_string().into());
        let (repository, tag) =
            name.split_once(':').map_or((name, None), |(name, tag)| (name, Some(tag.to_owned())));
        let repository = repository.to_owned();
        self.entries.push(Entry { role, repository, tag, descriptor: descriptor.clone() });
        descriptor
    }

    /// Adds an image of one platform and one layer.
    pub fn image(&mut self, name: &str, layer: &[u8]) -> Descriptor {
        let config = self.blob(oci::IMAGE_CONFIG, br#"{"architecture":"amd64","os":"linux"}"#.to_vec());
        let layer = self.blob(LAYER, layer.to_vec());
        let manifest =
            json!({"schemaVersion": 2, "mediaType": oci::MANIFEST, "config": config, "layers": [layer]});
        self.entry(Role::Image, name, &manifest)
    }

    /// Adds an index over manifests that are there, of Docker's kind.
    pub fn index(&mut self, name: &str, children: &[&Descriptor]) -> Descriptor {
        let index = json!({"schemaVersion": 2, "mediaType": oci::DOCKER_INDEX, "manifests": children});
        self.entry(Role::Image, name, &index)
    }

    /// Adds an artifact with as many layers.
    pub fn artifact(&mut self, name: &str, artifact_type: &str, layers: &[(&str, &[u8])]) -> Descriptor {
        self.referring(Role::Artifact, name, artifact_type, layers, None)
    }

    /// Adds what refers to another manifest.
    pub fn referrer(&mut self, repository: &str, artifact_type: &str, subject: &Descriptor) -> Descriptor {
        self.referring(Role::Referrer, repository, artifact_type, &[], Some(subject))
    }

    fn referring(
        &mut self,
        role: Role,
        name: &str,
        artifact_type: &str,
        layers: &[(&str, &[u8])],
        subject: Option<&Descriptor>,
    ) -> Descriptor {
        let config = self.blob("application/vnd.oci.empty.v1+json", b"{}".to_vec());
        let layers: Vec<_> =
            layers.iter().map(|(media_type, bytes)| self.blob(media_type, bytes.to_vec())).collect();
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": oci::MANIFEST, "artifactType": artifact_type,
            "config": config, "layers": layers, "annotations": {"of": artifact_type},
        });
        if let Some(subject) = subject {
            manifest["subject"] = json!(subject);
        }
        self.entry(role, name, &manifest)
    }

    /// Adds a file of the bundle's own.
    pub fn file(&mut self, path: &str, content: &[u8]) {
        let descriptor = self.blob(FILE_TYPE, zstd::bulk::compress(content, 1).expect("zstd"));
        self.files.push(PayloadFile { path: path.to_owned(), size: content.len() as u64, descriptor });
    }

    /// Writes the bundle, unsigned, as `b.tar`.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let blobs: Vec<_> = self.blobs.iter().map(|(digest, blob)| (*digest, blob.len() as u64)).collect();
        let contents = Contents {
            format_version: FORMAT_VERSION,
            name: "made".to_owned(),
            version: "1.0.0".to_owned(),
            targets: vec!["linux/amd64".to_owned()],
            blobs: blobs.clone(),
        };
        let contents = contents.to_bytes();
        let manifest = bundle_manifest(&contents, &self.files);
        let index = index_document(&manifest, &self.entries);
        let own = [&manifest, &contents].map(|bytes| (Digest::of(bytes), bytes.len() as u64));
        let layout = Layout::new(index.len() as u64, &[&own, &blobs[..]].concat());
        let path = folder.join("b.tar");
        let writer = Writer::create(&path, layout, &index, None).expect("a file");
        for bytes in [&manifest, &contents].into_iter().chain(self.blobs.values()) {
            writer.write_all_at(&Digest::of(bytes), 0, bytes).expect("a blob");
        }
        let slot = usize::try_from(SIGNATURE_SLOT).expect("a size");
        writer.finish(&vec![b' '; slot]).expect("a file");
        path
    }
}

/// Returns bytes that do not repeat.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..length.div_ceil(8)).flat_map(|_| next()).take(length).collect()
}
