//! Makes what BuildKit attaches to each platform of an image: unsigned in-toto statements in a manifest of their own.
// See: BuildKit docs/attestations/attestation-storage.md

use serde_json::json;

use airgap_bundle::reference::ImageRef;
use airgap_bundle::registry::oci::{self, Descriptor, Platform};

use super::layer::Blob;
use super::publication::{Document, descriptor};
use super::table::Attestation;

/// Makes the attestations of one platform's manifest.
#[must_use]
pub fn of(reference: &ImageRef, subject: &Descriptor, kinds: &[Attestation]) -> (Vec<Blob>, Document) {
    let mut blobs = Vec::new();
    let mut layers = Vec::new();
    for kind in kinds {
        let predicate = predicate_type(*kind);
        let blob = Blob::of(statement(reference, subject, predicate));
        let layer = descriptor("application/vnd.in-toto+json", &blob);
        layers.push(layer.annotated("in-toto.io/predicate-type", predicate));
        blobs.push(blob);
    }
    let inner: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
    let config = json!({
        "architecture": "unknown", "os": "unknown", "config": {},
        "rootfs": {"type": "layers", "diff_ids": inner},
    });
    let config = Blob::of(config.to_string());
    let fields = json!({"config": descriptor(oci::IMAGE_CONFIG, &config), "layers": layers});
    blobs.push(config);
    (blobs, Document::manifest(oci::MANIFEST, fields))
}

/// Returns how the index lists the attestations.
#[must_use]
pub fn listed(document: &Document, subject: &Descriptor) -> Descriptor {
    let unknown = Platform { architecture: "unknown".to_owned(), os: "unknown".to_owned(), variant: None };
    document
        .on(&unknown)
        .annotated("vnd.docker.reference.digest", subject.digest.to_string())
        .annotated("vnd.docker.reference.type", "attestation-manifest")
}

fn predicate_type(kind: Attestation) -> &'static str {
    match kind {
        Attestation::Sbom => "https://spdx.dev/Document",
        Attestation::Provenance => "https://slsa.dev/provenance/v0.2",
    }
}

fn statement(reference: &ImageRef, subject: &Descriptor, predicate_type: &str) -> String {
    let name = format!("pkg:docker/{}@{}", reference.name(), reference.tag().unwrap_or_default());
    json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": predicate_type,
        "subject": [{"name": name, "digest": {"sha256": subject.digest.hex()}}],
        "predicate": {"note": "stand-in: nothing is said here"},
    })
    .to_string()
}
