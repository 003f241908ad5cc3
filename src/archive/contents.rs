//! What the index and the bundle's own manifest say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::ArchiveError;
use crate::digest::Digest;
use crate::oci::{self, Descriptor};
use crate::reference::ImageRef;

/// The artifact type of the bundle's own manifest.
pub const BUNDLE_TYPE: &str = "application/vnd.airgap-bundle.v1";
/// The media type of the table of contents.
pub const CONTENTS_TYPE: &str = "application/vnd.airgap-bundle.contents.v1+json";
/// The media type of a file of the bundle's own: its text, compressed with zstd.
pub const FILE_TYPE: &str = "application/vnd.airgap-bundle.file.v1+zstd";
/// The media type of a large file of the bundle's own: its bytes, unchanged.
pub const LARGE_FILE_TYPE: &str = "application/vnd.airgap-bundle.file.v1";

/// The version of the format that this program writes and reads.
pub const FORMAT_VERSION: u32 = 1;

const ROLE: &str = "local.bundle.role";
const REPOSITORY: &str = "local.bundle.repository";
const TAG: &str = "local.bundle.tag";
const UNCOMPRESSED: &str = "local.bundle.uncompressed-size";
// See: OCI image-spec annotations.md
const TITLE: &str = "org.opencontainers.image.title";
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
// See: containerd images/annotations.go; what `ctr images import` names an image by
pub(super) const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// The table of contents: every blob of the file, in order, after the bundle's manifest and this table itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contents {
    /// The version of the format.
    pub format_version: u32,
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
    /// The carried image platforms.
    pub targets: Vec<String>,
    /// Digest and size in bytes of every blob.
    pub blobs: Vec<(Digest, u64)>,
}

/// What an entry of the index is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A container image, complete.
    Image,
    /// Any other artifact, complete.
    Artifact,
    /// An index as upstream signed it; the bundle carries only some of its platforms.
    Original,
    /// A signature or attestation, stored under a tag.
    Signature,
    /// A manifest that refers to another one.
    Referrer,
}

const ROLES: [(Role, &str); 5] = [
    (Role::Image, "image"),
    (Role::Artifact, "artifact"),
    (Role::Original, "original"),
    (Role::Signature, "signature"),
    (Role::Referrer, "referrer"),
];

/// One entry of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is for.
    pub role: Role,
    /// Upstream's repository, with its host: `docker.io/falcosecurity/falco`.
    pub repository: String,
    /// The tag under which it is stored, if any.
    pub tag: Option<String>,
    /// The manifest or index.
    pub descriptor: Descriptor,
}

impl Entry {
    /// Returns `repository:tag`, or `repository@digest` where there is no tag.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.tag {
            Some(tag) => format!("{}:{tag}", self.repository),
            None => format!("{}@{}", self.repository, self.descriptor.digest),
        }
    }

    fn annotated(&self) -> Descriptor {
        let role = ROLES.iter().find(|(role, _)| *role == self.role).map_or("", |(_, name)| name);
        let mut descriptor = self.descriptor.clone();
        descriptor.annotations.clear();
        let mut annotate =
            |key: &str, value: &str| descriptor.annotations.insert(key.to_owned(), value.to_owned());
        annotate(ROLE, role);
        annotate(REPOSITORY, &self.repository);
        if let Some(tag) = &self.tag {
            annotate(TAG, tag);
        }
        if self.role == Role::Image {
            annotate(CONTAINERD_NAME, &self.name());
            annotate(REF_NAME, &self.name());
        }
        descriptor
    }

    fn read(descriptor: Descriptor) -> Result<Self, ArchiveError> {
        let what = format!("index entry `{}`", descriptor.digest);
        let annotation = |key: &str| descriptor.annotations.get(key).map(String::as_str);
        let role = annotation(ROLE).and_then(|text| ROLES.iter().find(|(_, name)| *name == text));
        let (role, _) =
            role.ok_or_else(|| ArchiveError::malformed(&what, format!("no known role in `{ROLE}`")))?;
        let repository = annotation(REPOSITORY).unwrap_or_default().to_owned();
        let tag = annotation(TAG).map(str::to_owned);
        let suffix = tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let reference: ImageRef =
            format!("{repository}{suffix}").parse().map_err(|error| ArchiveError::malformed(&what, error))?;
        if reference.name() != repository || reference.digest().is_some() {
            return Err(ArchiveError::malformed(
                &what,
                format!("`{repository}` is not a full repository name"),
            ));
        }
        Ok(Self { role: *role, repository, tag, descriptor })
    }
}

/// A file of the bundle's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadFile {
    /// Its path, with `/`; a name only, it never touches the disk.
    pub path: String,
    /// Its size before compression, in bytes.
    pub size: u64,
    /// The blob: compressed, or the large file itself.
    pub descriptor: Descriptor,
}

impl PayloadFile {
    /// Describes a large file, which is an unchanged blob.
    #[must_use]
    pub fn large(path: String, digest: Digest, size: u64) -> Self {
        let descriptor = Descriptor::new(LARGE_FILE_TYPE, digest, size);
        Self { path, size, descriptor }
    }

    /// Returns whether it is stored unchanged, and never held in memory.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.descriptor.media_type == LARGE_FILE_TYPE
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u32,
    media_type: String,
    manifests: Vec<Descriptor>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleManifest {
    schema_version: u32,
    media_type: String,
    artifact_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

impl Contents {
    /// Returns the bytes of the stored table.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json(self)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let what = "the table of contents";
        let version: FormatVersion =
            serde_json::from_slice(bytes).map_err(|error| ArchiveError::malformed(what, error))?;
        if version.format_version != FORMAT_VERSION {
            let reason =
                format!("format version {}, this program reads {FORMAT_VERSION}", version.format_version);
            return Err(ArchiveError::malformed(what, reason));
        }
        serde_json::from_slice(bytes).map_err(|error| ArchiveError::malformed(what, error))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormatVersion {
    format_version: u32,
}

/// Returns the bundle's own manifest: the table of contents and the bundle's files.
#[must_use]
pub fn bundle_manifest(contents: &[u8], files: &[PayloadFile]) -> Vec<u8> {
    let layers = files.iter().map(|file| {
        file.descriptor.clone().annotated(TITLE, &file.path).annotated(UNCOMPRESSED, file.size.to_string())
    });
    json(&BundleManifest {
        schema_version: 2,
        media_type: oci::MANIFEST.to_owned(),
        artifact_type: BUNDLE_TYPE.to_owned(),
        config: Descriptor::of(CONTENTS_TYPE, contents),
        layers: layers.collect(),
    })
}

/// Returns `index.json`.
#[must_use]
pub fn index_document(bundle_manifest: &[u8], entries: &[Entry]) -> Vec<u8> {
    let mut first = Descriptor::of(oci::MANIFEST, bundle_manifest);
    first.artifact_type = Some(BUNDLE_TYPE.to_owned());
    let manifests = std::iter::once(first).chain(entries.iter().map(Entry::annotated)).collect();
    json(&Index { schema_version: 2, media_type: oci::INDEX.to_owned(), manifests })
}

/// Takes `index.json` apart: the bundle's own manifest, and the entries.
pub(super) fn read_index(bytes: &[u8]) -> Result<(Descriptor, Vec<Entry>), ArchiveError> {
    let what = "`index.json`";
    let index: Index = serde_json::from_slice(bytes).map_err(|error| ArchiveError::malformed(what, error))?;
    let mut manifests = index.manifests.into_iter();
    let first = manifests.next().filter(|first| first.artifact_type.as_deref() == Some(BUNDLE_TYPE));
    let first = first
        .ok_or_else(|| ArchiveError::malformed(what, format!("its first entry is not a `{BUNDLE_TYPE}`")))?;
    Ok((first, manifests.map(Entry::read).collect::<Result<_, _>>()?))
}

/// Takes the bundle's own manifest apart: the table of contents, and the files.
pub(super) fn read_bundle_manifest(bytes: &[u8]) -> Result<(Descriptor, Vec<PayloadFile>), ArchiveError> {
    let what = "the bundle's manifest";
    let manifest: BundleManifest =
        serde_json::from_slice(bytes).map_err(|error| ArchiveError::malformed(what, error))?;
    let mut files = BTreeMap::new();
    for descriptor in manifest.layers {
        let file = read_file(descriptor)?;
        if let Some(twice) = files.insert(file.path.clone(), file) {
            return Err(ArchiveError::malformed(what, format!("file `{}` is there twice", twice.path)));
        }
    }
    Ok((manifest.config, files.into_values().collect()))
}

fn read_file(descriptor: Descriptor) -> Result<PayloadFile, ArchiveError> {
    let what = "the bundle's manifest";
    let annotation = |key: &str| descriptor.annotations.get(key).cloned().unwrap_or_default();
    let (path, size) = (annotation(TITLE), annotation(UNCOMPRESSED));
    let size =
        size.parse().map_err(|_| ArchiveError::malformed(what, format!("file `{path}` has no size")))?;
    let file = PayloadFile { path, size, descriptor };
    let PayloadFile { path, size, descriptor } = &file;
    let reason = match descriptor.media_type.as_str() {
        FILE_TYPE => return Ok(file),
        LARGE_FILE_TYPE if *size == descriptor.size => return Ok(file),
        LARGE_FILE_TYPE => {
            format!("large file `{path}` says {size} bytes, and its blob has {}", descriptor.size)
        }
        other => {
            format!("file `{path}` has media type `{other}`, expected `{FILE_TYPE}` or `{LARGE_FILE_TYPE}`")
        }
    };
    Err(ArchiveError::malformed(what, reason))
}
