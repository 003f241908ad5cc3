//! A rendered set as one OCI artifact that Flux and Argo CD can read.
//!
//! One layer, a tar of the manifests: without a layer selector Flux takes the first one, and Argo CD wants exactly one. Node files
//! are not in it. Same objects, same bytes: no times, no owners, a fixed order, and blocks that are stored, not compressed,
//! so that they do not depend on a compressor's version either.
// See: fluxcd/pkg oci, source-controller v1.9.1; argo-cd v3.1 util/oci

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::oci::{self, Descriptor, Manifest};
use crate::rendered::RenderedSet;
use crate::store::BlobSource;

/// The one of the media types that Argo CD allows by default which is a compressed tar.
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// What `flux push artifact` writes, and what its lists look for; Argo CD does not look at it.
const CONFIG: &str = "application/vnd.cncf.flux.config.v1+json";
/// What gzip writes for a system that is not named.
const UNKNOWN_SYSTEM: u8 = 255;

/// What an artifact says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
    /// The digest of the bundle's index: what it was rendered from.
    pub bundle: Digest,
    /// When it was made, in RFC 3339. `None`: it does not say, and the same objects are the same artifact at any time.
    pub created: Option<String>,
}

/// An artifact, ready to be pushed.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Its manifest.
    pub manifest: Manifest,
    blobs: BTreeMap<Digest, Vec<u8>>,
}

impl RenderedSet {
    /// Packs the objects.
    ///
    /// # Errors
    /// When a path does not fit into a tar, which no path that is made here should cause.
    pub fn artifact(&self, label: &Label) -> io::Result<Artifact> {
        let blobs = [(CONFIG, b"{}".to_vec()), (LAYER, layer(&self.manifests())?)];
        let [config, layer] = blobs.each_ref().map(|(media_type, bytes)| Descriptor::of(media_type, bytes));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": oci::MANIFEST,
            "config": config,
            "layers": [layer],
            "annotations": label.annotations(),
        });
        let manifest = Manifest::parse(manifest.to_string().into(), None).map_err(io::Error::other)?;
        let blobs = blobs.into_iter().map(|(_, bytes)| (Digest::of(&bytes), bytes)).collect();
        Ok(Artifact { manifest, blobs })
    }
}

impl Label {
    // See: OCI image-spec annotations.md; Flux shows source and revision
    fn annotations(&self) -> Value {
        let Self { name, version, bundle, created } = self;
        let mut annotations = json!({
            "org.opencontainers.image.revision": format!("{version}@{bundle}"),
            "org.opencontainers.image.source": format!("bundle:{name}"),
            "org.opencontainers.image.title": name,
            "org.opencontainers.image.version": version,
        });
        if let Some(created) = created {
            annotations["org.opencontainers.image.created"] = json!(created);
        }
        annotations
    }
}

impl Artifact {
    /// Returns its digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.manifest.descriptor.digest
    }
}

impl BlobSource for Artifact {
    fn size(&self, digest: &Digest) -> Option<u64> {
        self.blobs.get(digest).map(|bytes| bytes.len() as u64)
    }

    fn read_exact_at(&self, digest: &Digest, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let bytes = self.blobs.get(digest).ok_or(io::ErrorKind::NotFound)?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let piece = bytes.get(start..).and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(piece.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

fn layer(files: &[(String, String)]) -> io::Result<Vec<u8>> {
    let files: BTreeMap<&str, &str> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes())?;
    }
    let mut gzip = GzBuilder::new().operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::none());
    gzip.write_all(&tar.into_inner()?)?;
    gzip.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rendered::{ObjectSet, RenderedLayer, RenderedObject};
    use crate::spec::Platform;

    fn set(names: &[&str]) -> RenderedSet {
        let object = |name: &&str| RenderedObject {
            source: "10-x/x.yaml".into(),
            value: json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}),
            optional: false,
        };
        let layer = RenderedLayer {
            name: "10-x".into(),
            objects: names.iter().map(object).collect(),
            wait_for: vec![],
            timeout: std::time::Duration::from_secs(1),
            probes: vec![],
            live: vec![],
            generates: vec![],
        };
        let node_files = vec![("secret.yaml".to_owned(), "a: b\n".to_owned())];
        let objects = ObjectSet { layers: vec![layer], platform: Platform::K3s, databases: vec![] };
        RenderedSet { objects, node_files, used: [].into() }
    }

    fn label(created: Option<&str>) -> Label {
        let bundle = Digest::of(b"bundle");
        Label { name: "homelab".into(), version: "1".into(), bundle, created: created.map(str::to_owned) }
    }

    #[test]
    fn the_same_objects_are_the_same_artifact() {
        let digest = |names: &[&str], created| set(names).artifact(&label(created)).unwrap().digest();
        // Literal: a GitOps tool takes another digest for a change.
        let expected = "sha256:31923c5970cc0106b448c0b658540e1d1557713c47ddbcb77877013159e3b05e";
        assert_eq!(digest(&["a", "b"], None).to_string(), expected);
        assert_ne!(digest(&["b", "a"], None), digest(&["a", "b"], None));
        assert_ne!(digest(&["a", "b"], Some("1970-01-01T00:00:00Z")), digest(&["a", "b"], None));
    }

    #[test]
    fn it_holds_the_manifests_and_nothing_of_the_nodes() {
        let long = "a".repeat(200);
        let artifact = set(&["a", &long]).artifact(&label(None)).unwrap();
        let layer = &artifact.manifest.document.layers[0];
        let mut bytes = vec![0; usize::try_from(layer.size).unwrap()];
        artifact.read_exact_at(&layer.digest, 0, &mut bytes).unwrap();
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
        let names = tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string());
        let long = format!("10-x/001-configmap-{}.yaml", &long[..110]);
        let expected = ["10-x/000-configmap-a.yaml", &long, "10-x/kustomization.yaml", "kustomization.yaml"];
        assert_eq!(names.collect::<Vec<_>>(), expected);
        assert!(artifact.read_exact_at(&layer.digest, layer.size, &mut [0]).is_err());
    }
}
