//! A tiny bundle for tests, and ways to make it wrong.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{
    Archive, ArchiveError, Contents, Entry, FILE_TYPE, FORMAT_VERSION, InsecureArchive, Layout, PayloadFile,
    Role, SIGNATURE_SLOT, UnverifiedArchive, Writer, bundle_manifest, index_document,
};
use crate::digest::Digest;
use crate::oci::{self, Descriptor};
use crate::store::BlobSink;

const SPEC: &[u8] = b"kind: Bundle\n";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A document of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `index.json`.
    Index,
    /// The bundle's own manifest.
    Manifest,
    /// The table of contents.
    Contents,
}

/// What goes into the file.
pub struct Fixture {
    /// The entries of the index.
    pub entries: Vec<Entry>,
    /// The bundle's own files.
    pub files: Vec<PayloadFile>,
    /// The blobs, in the order of the file.
    pub blobs: Vec<Vec<u8>>,
    /// Texts that are put in the place of others, in a document.
    pub replaced: Vec<(Part, String, String)>,
    pub folder: TempDir,
}

/// Returns the text of an image's manifest.
pub fn manifest(config: &[u8], layer: &[u8]) -> String {
    serde_json::json!({
        "schemaVersion": 2,
        "mediaType": oci::MANIFEST,
        "config": Descriptor::of(oci::IMAGE_CONFIG, config),
        "layers": [Descriptor::of(LAYER, layer)],
    })
    .to_string()
}

impl Fixture {
    /// Makes a bundle of one image and one file.
    pub fn new() -> Self {
        let (config, layer) = (b"{}".to_vec(), b"layer".to_vec());
        let image = manifest(&config, &layer).into_bytes();
        let file = zstd::bulk::compress(SPEC, 9).unwrap();
        let entry = Entry {
            role: Role::Image,
            repository: "docker.io/a/b".to_owned(),
            tag: Some("1".to_owned()),
            descriptor: Descriptor::of(oci::MANIFEST, &image),
        };
        let payload = PayloadFile {
            path: "bundle.yaml".to_owned(),
            size: SPEC.len() as u64,
            descriptor: Descriptor::of(FILE_TYPE, &file),
        };
        Self {
            entries: vec![entry],
            files: vec![payload],
            blobs: vec![image, config, file, layer],
            replaced: Vec::new(),
            folder: TempDir::new().unwrap(),
        }
    }

    /// Puts a text in the place of another one in a document.
    pub fn replace(mut self, part: Part, from: &str, to: &str) -> Self {
        self.replaced.push((part, from.to_owned(), to.to_owned()));
        self
    }

    fn changed(&self, part: Part, bytes: Vec<u8>) -> Vec<u8> {
        let replaced = self.replaced.iter().filter(|(changed, ..)| *changed == part);
        let text = replaced.fold(String::from_utf8(bytes).unwrap(), |text, (_, from, to)| {
            assert!(text.contains(from), "no `{from}` in {text}");
            text.replace(from, to)
        });
        text.into_bytes()
    }

    /// Writes the file and returns its path.
    pub fn write(&self) -> PathBuf {
        let path = self.folder.path().join("tiny.tar");
        self.write_to(&path, None);
        path
    }

    /// Writes the file, or its parts.
    pub fn write_to(&self, path: &Path, split: Option<u64>) {
        let blobs: Vec<_> = self.blobs.iter().map(|blob| (Digest::of(blob), blob.len() as u64)).collect();
        let contents = Contents {
            format_version: FORMAT_VERSION,
            name: "tiny".to_owned(),
            version: "1.0.0".to_owned(),
            targets: vec!["linux/amd64".to_owned()],
            blobs: blobs.clone(),
        };
        let contents = self.changed(Part::Contents, contents.to_bytes());
        let manifest = self.changed(Part::Manifest, bundle_manifest(&contents, &self.files));
        let index = self.changed(Part::Index, index_document(&manifest, &self.entries));
        let own = [&manifest, &contents].map(|bytes| (Digest::of(bytes), bytes.len() as u64));
        let layout = Layout::new(index.len() as u64, &[&own, &blobs[..]].concat());
        let writer = Writer::create(path, layout, &index, split).unwrap();
        for bytes in [&manifest, &contents].into_iter().chain(&self.blobs) {
            writer.write_all_at(&Digest::of(bytes), 0, bytes).unwrap();
        }
        writer.finish(&vec![b' '; usize::try_from(SIGNATURE_SLOT).unwrap()]).unwrap();
    }

    /// Writes the file and opens it.
    pub fn open(&self) -> Result<Archive, ArchiveError> {
        UnverifiedArchive::open(&self.write())?.insecure_trust_unsigned().map(InsecureArchive::into_archive)
    }

    /// Writes the file and returns why it is refused.
    pub fn refused(&self) -> String {
        let error = self.open().and_then(|archive| archive.payload()).expect_err("it is refused");
        assert!(error.is_refusal(), "{error}");
        error.to_string()
    }
}
