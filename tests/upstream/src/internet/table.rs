//! What upstream publishes, as `table.yaml` says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use airgap_bundle::oci::Platform;
use airgap_bundle::reference::ImageRef;

use super::sigstore::SignatureRow;

#[allow(clippy::expect_used, reason = "a table that cannot be read is a fault of the tests")]
static TABLE: LazyLock<BTreeMap<String, Row>> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("table.yaml")).expect("`table.yaml` is well-formed")
});

/// What upstream publishes in one repository.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// A container image.
    pub image: Option<ImageRow>,
    /// Any other artifact.
    pub artifact: Option<ArtifactRow>,
    /// How upstream signs it, where it does.
    pub signatures: Option<SignatureRow>,
}

/// The shape of an image.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageRow {
    /// What the image is, for people.
    pub is: String,
    /// Which media types it has.
    pub format: Format,
    /// The platforms of its index, in upstream's order.
    pub platforms: Vec<String>,
    /// What BuildKit attached to each platform.
    pub attestations: Option<Attestations>,
    /// Where upstream's program lies.
    pub program: String,
    /// The configuration's entry point.
    #[serde(default)]
    pub entrypoint: Vec<String>,
    /// The configuration's command.
    #[serde(default)]
    pub command: Vec<String>,
    /// The configuration's user; empty for root.
    #[serde(default)]
    pub user: String,
    /// The configuration's working folder.
    #[serde(default)]
    pub folder: String,
    /// Environment variables beside the path.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Whether it is made from Alpine, whose BusyBox has a shell and `nc`.
    #[serde(default)]
    pub alpine: bool,
    /// Where the program answers; a stand-in without ports ends at once.
    #[serde(default)]
    pub ports: Vec<u16>,
}

/// Whose media types an image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// Docker's, schema 2.
    Docker,
    /// The OCI's.
    Oci,
}

/// What BuildKit attached to each platform of an image, unsigned.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attestations {
    /// In which form.
    pub form: Form,
    /// What they are about.
    pub says: Vec<Statement>,
}

/// The form of an attestation manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Form {
    /// An artifact that refers to the platform's manifest.
    Artifact,
    /// An image of an unknown platform.
    Image,
}

/// What an attestation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Statement {
    /// What it consists of.
    Sbom,
    /// How it was made.
    Provenance,
}

/// The shape of an artifact.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArtifactRow {
    /// The platforms of its index; empty where it is a single manifest.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// The index's annotations.
    #[serde(default)]
    pub index_annotations: BTreeMap<String, String>,
    /// The manifest's artifact type.
    pub artifact_type: Option<String>,
    /// The manifest's annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// The configuration; without one it is the empty object.
    pub config: Option<ConfigRow>,
    /// The one layer.
    pub layer: LayerRow,
    /// What the layer holds.
    pub files: BTreeMap<String, String>,
    /// Whether a version is tagged as `X`, `X.Y` and `latest` too.
    #[serde(default)]
    pub series: bool,
}

/// An artifact's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigRow {
    /// Its media type.
    pub media_type: String,
    /// Its text.
    pub content: String,
}

/// An artifact's layer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerRow {
    /// Its media type.
    pub media_type: String,
    /// The name of the file that it was made of.
    pub title: String,
}

/// Returns what upstream publishes in a reference's repository.
#[must_use]
pub fn row(reference: &ImageRef) -> Option<&'static Row> {
    TABLE.get(&reference.name())
}

/// Takes apart `os/architecture[/variant]`.
#[must_use]
pub fn platform(name: &str) -> Platform {
    let mut parts = name.split('/').map(str::to_owned);
    let (os, architecture) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    Platform { architecture, os, variant: parts.next() }
}

/// Fills in the version, the tag and the processor.
#[must_use]
pub fn fill(text: &str, tag: &str, platform: Option<&Platform>) -> String {
    let architecture = platform.map_or("", |platform| platform.architecture.as_str());
    let machine = match architecture {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        other => other,
    };
    let version = tag.strip_prefix('v').unwrap_or(tag);
    text.replace("{version}", version).replace("{tag}", tag).replace("{machine}", machine)
}
