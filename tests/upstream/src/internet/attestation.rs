//! Makes what BuildKit attaches to each platform of an image: unsigned in-toto statements in a manifest of their own.
// See: BuildKit docs/attestations/attestation-storage.md

use serde_json::{Value, json};

use airgap_bundle::oci::{self, Descriptor, Platform};
use airgap_bundle::reference::ImageRef;

use super::layer::Blob;
use super::publication::{Document, descriptor, empty};
use super::table::{Attestations, Form, Statement};

// See: BuildKit exporter/containerimage/writer.go
const ARTIFACT_TYPE: &str = "application/vnd.docker.attestation.manifest.v1+json";
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// Makes the attestations of one platform's manifest.
#[must_use]
pub fn of(reference: &ImageRef, subject: &Descriptor, attestations: &Attestations) -> (Vec<Blob>, Document) {
    let mut blobs = Vec::new();
    let mut layers = Vec::new();
    for says in &attestations.says {
        let blob = Blob::of(statement(reference, subject, *says));
        layers.push(descriptor(IN_TOTO, &blob).annotated("in-toto.io/predicate-type", predicate_type(*says)));
        blobs.push(blob);
    }
    let (config, mut fields) = match attestations.form {
        Form::Artifact => as_artifact(subject),
        Form::Image => as_image(&blobs),
    };
    fields["layers"] = json!(layers);
    blobs.push(config);
    (blobs, Document::manifest(oci::MANIFEST, fields))
}

fn as_artifact(subject: &Descriptor) -> (Blob, Value) {
    let (config, descriptor) = empty();
    let plain = Descriptor { platform: None, ..subject.clone() };
    (config, json!({"artifactType": ARTIFACT_TYPE, "config": descriptor, "subject": plain}))
}

fn as_image(statements: &[Blob]) -> (Blob, Value) {
    let inner: Vec<_> = statements.iter().map(|blob| blob.digest).collect();
    let config = json!({
        "architecture": "unknown", "os": "unknown", "config": {},
        "rootfs": {"type": "layers", "diff_ids": inner},
    });
    let config = Blob::of(config.to_string());
    let fields = json!({"config": descriptor(oci::IMAGE_CONFIG, &config)});
    (config, fields)
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

fn predicate_type(says: Statement) -> &'static str {
    match says {
        Statement::Sbom => "https://spdx.dev/Document",
        Statement::Provenance => "https://slsa.dev/provenance/v1",
    }
}

fn statement(reference: &ImageRef, subject: &Descriptor, says: Statement) -> String {
    let name = format!("pkg:docker/{}@{}", reference.name(), reference.tag().unwrap_or_default());
    json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": predicate_type(says),
        "subject": [{"name": name, "digest": {"sha256": subject.digest.hex()}}],
        "predicate": {"note": "stand-in: no claims"},
    })
    .to_string()
}
