//! Puts together what a bundle holds: the small documents, the places of the large blobs, and the index over all of it.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::gather::Gathered;
use super::gather::file::{Content, GatheredFile};
use super::workspace::Workspace;
use crate::archive::{
    Contents, Entry, FILE_TYPE, FORMAT_VERSION, Layout, PayloadFile, Role, bundle_manifest, index_document,
};
use crate::compose::{Composed, LayerRecipe};
use crate::digest::Digest;
use crate::fetch::{Origin, Wanted};
use crate::lock::Lock;
use crate::oci::{Descriptor, Manifest};
use crate::ops::bundle::{CHECKSUMS, FILES};
use crate::reference::ImageRef;
use crate::registry::Client;
use crate::resolve::Resolved;
use crate::spec::ItemKind;
use crate::trust::{Judged, SigningKey, Verified, sign_image};

/// zstd's level for the bundle's own files; part of the format, as the bytes depend on it.
const LEVEL: i32 = 9;

/// A bundle, complete but for the large blobs and the signature.
pub(super) struct Assembly {
    pub index: Vec<u8>,
    pub layout: Layout,
    pub small: BTreeMap<Digest, Bytes>,
    pub large: Vec<Wanted>,
    /// Layers that are made from blobs of the bundle, once those are in their places.
    pub composed: Vec<(Digest, LayerRecipe)>,
    pub entries: Vec<Entry>,
}

/// Assembles a bundle from what was gathered.
pub(super) fn assemble(
    workspace: &Workspace,
    gathered: &Gathered,
    lock: &Lock,
    client: &Client,
    key: Option<&SigningKey>,
) -> Assembly {
    let mut parts = Parts::of(client);
    for resolved in &gathered.items {
        parts.item(resolved, key);
    }
    for composed in &gathered.composed {
        parts.composed(composed, key);
    }
    let mut files = parts.payload(&payload(workspace, gathered, lock));
    files.extend(gathered.files.iter().filter_map(|(name, file)| parts.large_file(name, file)));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    parts.finish(workspace, &files)
}

/// The bundle's own files: path and content.
fn payload(workspace: &Workspace, gathered: &Gathered, lock: &Lock) -> BTreeMap<String, Vec<u8>> {
    let mut payload = workspace.sources.clone();
    payload.insert("bundle.yaml".to_owned(), workspace.text.clone().into_bytes());
    payload.insert("bundle.lock".to_owned(), lock.to_text().into_bytes());
    for (name, file) in &gathered.files {
        payload.extend(file.held().map(|bytes| (format!("{FILES}{name}"), bytes.to_vec())));
        payload.extend(file.checksums.iter().map(|list| (format!("{CHECKSUMS}{name}"), list.to_vec())));
    }
    payload
}

struct Parts<'a> {
    client: &'a Client,
    small: BTreeMap<Digest, Bytes>,
    large: BTreeMap<Digest, Wanted>,
    composed: BTreeMap<Digest, (u64, LayerRecipe)>,
    entries: Vec<Entry>,
}

impl<'a> Parts<'a> {
    fn of(client: &'a Client) -> Self {
        let (small, large) = (BTreeMap::new(), BTreeMap::new());
        Self { client, small, large, composed: BTreeMap::new(), entries: Vec::new() }
    }

    fn item(&mut self, resolved: &Verified<Judged<Resolved>>, key: Option<&SigningKey>) {
        let reference = &resolved.item.reference;
        let role = if resolved.item.kind == ItemKind::Image { Role::Image } else { Role::Artifact };
        let tag = reference.tag().map(str::to_owned);
        self.small.extend(resolved.configs.iter().map(|(digest, bytes)| (*digest, bytes.clone())));
        self.entry(reference, role, tag, resolved.carried());
        if resolved.subset.is_some() {
            self.entry(reference, Role::Original, None, &resolved.top);
        }
        for manifest in &resolved.children {
            self.small.insert(manifest.descriptor.digest, manifest.bytes.clone());
        }
        for manifest in resolved.manifests() {
            self.blobs(resolved, manifest);
        }
        for found in &resolved.evidence {
            let role = if found.tag.is_some() { Role::Signature } else { Role::Referrer };
            self.entry(reference, role, found.tag.clone(), &found.manifest);
            self.small.extend(found.blobs.iter().map(|(digest, bytes)| (*digest, bytes.clone())));
            self.blobs(resolved, &found.manifest);
        }
        if let (Some(key), Some(subset)) = (key, &resolved.subset) {
            self.sign(reference, subset, key);
        }
    }

    /// An image that was made from parts: what it has in common with its base is fetched for the base.
    fn composed(&mut self, composed: &Composed, key: Option<&SigningKey>) {
        let reference = &composed.locked.reference;
        self.entry(reference, Role::Image, reference.tag().map(str::to_owned), &composed.index);
        self.small.extend(composed.configs.iter().map(|(digest, bytes)| (*digest, bytes.clone())));
        for manifest in &composed.manifests {
            self.small.insert(manifest.descriptor.digest, manifest.bytes.clone());
        }
        self.composed.extend(composed.layers.iter().map(|(digest, made)| (*digest, made.clone())));
        if let Some(key) = key {
            self.sign(reference, &composed.index, key);
        }
    }

    fn entry(&mut self, reference: &ImageRef, role: Role, tag: Option<String>, manifest: &Manifest) {
        self.small.insert(manifest.descriptor.digest, manifest.bytes.clone());
        let repository = reference.name();
        self.entries.push(Entry { role, repository, tag, descriptor: manifest.descriptor.clone() });
    }

    fn blobs(&mut self, resolved: &Resolved, manifest: &Manifest) {
        for blob in manifest.document.blobs().filter(|blob| !self.small.contains_key(&blob.digest)) {
            let origin = Origin::Repository(self.client.upstream(&resolved.item.reference));
            self.large.entry(blob.digest).or_insert(Wanted { digest: blob.digest, size: blob.size, origin });
        }
    }

    /// Signs an index that upstream did not make in cosign's form, so that a cluster which verifies images accepts it.
    fn sign(&mut self, reference: &ImageRef, index: &Manifest, key: &SigningKey) {
        let image = sign_image(key, index.descriptor.digest, &reference.name());
        let tag = image.tag();
        for blob in [image.config, image.payload] {
            self.small.insert(blob.descriptor.digest, blob.bytes);
        }
        self.entry(reference, Role::Signature, Some(tag), &image.manifest);
    }

    fn payload(&mut self, files: &BTreeMap<String, Vec<u8>>) -> Vec<PayloadFile> {
        let compressed = files.iter().map(|(path, bytes)| {
            let blob: Bytes = zstd::bulk::compress(bytes, LEVEL).unwrap_or_default().into();
            let descriptor = Descriptor::of(FILE_TYPE, &blob);
            self.small.insert(descriptor.digest, blob);
            PayloadFile { path: path.clone(), size: bytes.len() as u64, descriptor }
        });
        compressed.collect()
    }

    /// A large file is a blob of its own, and is fetched with the other large blobs.
    fn large_file(&mut self, name: &str, file: &GatheredFile) -> Option<PayloadFile> {
        let Content::Large(source) = &file.content else { return None };
        let (digest, size, origin) = (file.sha256, file.size, Origin::File(source.clone()));
        self.large.entry(digest).or_insert(Wanted { digest, size, origin });
        Some(PayloadFile::large(format!("{FILES}{name}"), digest, size))
    }

    fn finish(mut self, workspace: &Workspace, files: &[PayloadFile]) -> Assembly {
        self.entries.sort_by(|a, b| {
            (&a.repository, a.role, &a.tag, a.descriptor.digest).cmp(&(
                &b.repository,
                b.role,
                &b.tag,
                b.descriptor.digest,
            ))
        });
        self.entries.dedup();
        self.large.retain(|digest, _| !self.small.contains_key(digest));
        self.composed
            .retain(|digest, _| !self.small.contains_key(digest) && !self.large.contains_key(digest));
        let small = self.small.iter().map(|(digest, bytes)| (*digest, bytes.len() as u64));
        let made = self.composed.iter().map(|(digest, (size, _))| (*digest, *size));
        let large: BTreeMap<_, _> =
            self.large.values().map(|blob| (blob.digest, blob.size)).chain(made).collect();
        let blobs: Vec<_> = small.chain(large).collect();
        let spec = &workspace.spec;
        let contents = Contents {
            format_version: FORMAT_VERSION,
            name: spec.name.clone(),
            version: spec.version.clone(),
            targets: spec.targets.clone(),
            blobs: blobs.clone(),
        };
        let contents = contents.to_bytes();
        let manifest = bundle_manifest(&contents, files);
        let index = index_document(&manifest, &self.entries);
        let own = [manifest, contents].map(Bytes::from);
        let first = own.iter().map(|bytes| (Digest::of(bytes), bytes.len() as u64));
        let layout = Layout::new(index.len() as u64, &first.chain(blobs).collect::<Vec<_>>());
        self.small.extend(own.into_iter().map(|bytes| (Digest::of(&bytes), bytes)));
        Assembly {
            index,
            layout,
            small: self.small,
            large: self.large.into_values().collect(),
            composed: self.composed.into_iter().map(|(digest, (_, recipe))| (digest, recipe)).collect(),
            entries: self.entries,
        }
    }
}
