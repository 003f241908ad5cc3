//! Bundles that are well-formed, and lie: what an attacker with the signing key, or without one, could make.

use std::collections::BTreeMap;
use std::path::Path;

use airgap_bundle::archive::{
    Archive, Contents, Entry, FILE_TYPE, Layout, PayloadFile, SIGNATURE_SLOT, UnverifiedArchive, Writer,
    bundle_manifest, index_document,
};
use airgap_bundle::digest::Digest;
use airgap_bundle::oci::Descriptor;
use bytes::Bytes;

const LIMIT: u64 = 1 << 30;

/// The parts of a bundle, to be changed.
pub struct Parts {
    /// The bundle's own files, by path.
    pub payload: BTreeMap<String, Vec<u8>>,
    /// The large files, which are blobs.
    pub large: BTreeMap<String, Digest>,
    /// The entries of the index.
    pub entries: Vec<Entry>,
    /// Every blob but those of the own files.
    pub blobs: BTreeMap<Digest, Bytes>,
    contents: Contents,
}

impl Parts {
    /// Takes a bundle apart.
    pub fn of(path: &Path) -> Self {
        let inspection = UnverifiedArchive::open(path).expect("a bundle").inspect().expect("a bundle");
        let archive: Archive = UnverifiedArchive::open(path)
            .expect("a bundle")
            .insecure_trust_unsigned()
            .expect("a bundle")
            .into_archive();
        let (large, own): (Vec<_>, Vec<_>) = inspection.files.iter().partition(|file| file.is_large());
        let own: Vec<_> = own.iter().map(|file| file.descriptor.digest).collect();
        let blobs = inspection.contents.blobs.iter().filter(|(digest, _)| !own.contains(digest));
        let blobs = blobs.map(|(digest, _)| (*digest, archive.blob(digest, LIMIT).expect("a blob")));
        Self {
            payload: archive.payload().expect("files"),
            large: large.iter().map(|file| (file.path.clone(), file.descriptor.digest)).collect(),
            entries: inspection.entries,
            blobs: blobs.collect(),
            contents: inspection.contents,
        }
    }

    /// Returns one of the own files as text.
    pub fn text(&self, path: &str) -> String {
        String::from_utf8(self.payload[path].clone()).expect("text")
    }

    /// Replaces a part of one of the own files, which must be there.
    pub fn replace(&mut self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "`{from}` is not in {path}: {text}");
        self.payload.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
    }

    /// Puts it together again, unsigned.
    pub fn write(mut self, path: &Path) {
        let files = self.payload.iter().map(|(path, bytes)| {
            let blob: Bytes = zstd::bulk::compress(bytes, 3).expect("a blob").into();
            let descriptor = Descriptor::of(FILE_TYPE, &blob);
            self.blobs.insert(descriptor.digest, blob);
            PayloadFile { path: path.clone(), size: bytes.len() as u64, descriptor }
        });
        let mut files: Vec<_> = files.collect();
        let large = self.large.iter();
        files.extend(large.map(|(path, digest)| {
            PayloadFile::large(path.clone(), *digest, self.blobs[digest].len() as u64)
        }));
        let blobs: Vec<_> = self.blobs.iter().map(|(digest, bytes)| (*digest, bytes.len() as u64)).collect();
        let contents = Contents { blobs: blobs.clone(), ..self.contents }.to_bytes();
        let manifest = bundle_manifest(&contents, &files);
        let index = index_document(&manifest, &self.entries);
        let own = [manifest, contents].map(Bytes::from);
        let first: Vec<_> = own.iter().map(|bytes| (Digest::of(bytes), bytes.len() as u64)).collect();
        let layout = Layout::new(index.len() as u64, &[first, blobs].concat());
        let writer = Writer::create(path, layout, &index, None).expect("a file");
        for bytes in own.iter().chain(self.blobs.values()) {
            airgap_bundle::store::BlobSink::write_all_at(&writer, &Digest::of(bytes), 0, bytes)
                .expect("written");
        }
        writer.finish(&vec![b' '; SIGNATURE_SLOT as usize]).expect("a bundle");
    }
}
