//! How signatures are stored in a registry: behind a tag, or as a referrer of what is signed.

use airgap_bundle::oci::{self, Descriptor};
use bytes::Bytes;
use serde_json::{Value, json};

use super::clock;
use super::encoding::{base64, certificate_pem};
use super::log::Entry;
use super::said::Signed;
use super::timestamp::Stamp;
use super::{Signing, Sigstore, Subject};

const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The media type of a Sigstore bundle.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const CREATED: &str = "org.opencontainers.image.created";

/// What is pushed for one signature.
#[derive(Debug, Clone)]
pub struct SignedManifest {
    /// The tag; a referrer has none.
    pub tag: Option<String>,
    /// The manifest.
    pub manifest: Bytes,
    /// The manifest's descriptor, as an index lists it.
    pub descriptor: Descriptor,
    /// The configuration and the layers.
    pub blobs: Vec<Bytes>,
}

impl SignedManifest {
    fn new(tag: Option<String>, manifest: &Value, blobs: Vec<Bytes>) -> Self {
        let bytes = Bytes::from(manifest.to_string());
        let mut descriptor = Descriptor::of(oci::MANIFEST, &bytes);
        descriptor.artifact_type = manifest["artifactType"].as_str().map(str::to_owned);
        Self { tag, manifest: bytes, descriptor, blobs }
    }
}

/// A signature as a layer of a signature tag: the payload and the annotations that it gets.
#[derive(Debug, Clone)]
pub struct Layer {
    /// What is signed.
    pub payload: Bytes,
    /// The signature and its proof.
    pub annotations: Value,
}

/// Returns the annotations of a layer.
// See: sigstore/cosign specs/SIGNATURE_SPEC.md
#[must_use]
pub fn annotations(sigstore: &Sigstore, signed: &Signed, certificate: &[u8], entry: &Entry) -> Value {
    let chain = [&sigstore.intermediate, &sigstore.root].map(|one| certificate_pem(&one.certificate));
    json!({
        "dev.cosignproject.cosign/signature": base64(signed.signature()),
        "dev.sigstore.cosign/bundle": entry.in_annotation().to_string(),
        "dev.sigstore.cosign/certificate": certificate_pem(certificate),
        "dev.sigstore.cosign/chain": chain.concat(),
    })
}

/// Returns the manifest behind a signature tag, a layer for each signature.
#[must_use]
pub fn tag(subject: &Subject, layers: &[Layer], change: impl Fn(Value) -> Value) -> SignedManifest {
    tagged(subject, ("sig", SIMPLE_SIGNING), layers, change)
}

/// Returns the manifest behind an attestation tag, a layer for each attestation.
// See: sigstore/cosign specs/ATTESTATION_SPEC.md
#[must_use]
pub fn attestation_tag(
    subject: &Subject,
    layers: &[Layer],
    change: impl Fn(Value) -> Value,
) -> SignedManifest {
    tagged(subject, ("att", ENVELOPE), layers, change)
}

fn tagged(
    subject: &Subject,
    (suffix, media_type): (&str, &str),
    layers: &[Layer],
    change: impl Fn(Value) -> Value,
) -> SignedManifest {
    let payloads: Vec<_> = layers.iter().map(|layer| Descriptor::of(media_type, &layer.payload)).collect();
    let config = Bytes::from(tag_config(&payloads).to_string());
    let listed = payloads.iter().zip(layers).map(|(payload, layer)| {
        let mut listed = json!(payload);
        listed["annotations"] = layer.annotations.clone();
        listed
    });
    let manifest = change(json!({
        "schemaVersion": 2,
        "mediaType": oci::MANIFEST,
        "config": Descriptor::of(oci::IMAGE_CONFIG, &config),
        "layers": listed.collect::<Vec<_>>(),
    }));
    let blobs = [config].into_iter().chain(layers.iter().map(|layer| layer.payload.clone()));
    let tag = format!("sha256-{}.{suffix}", subject.descriptor.digest.hex());
    SignedManifest::new(Some(tag), &manifest, blobs.collect())
}

fn tag_config(payloads: &[Descriptor]) -> Value {
    let inner: Vec<_> = payloads.iter().map(|payload| payload.digest).collect();
    json!({
        "architecture": "", "created": "0001-01-01T00:00:00Z",
        "history": vec![json!({"created": "0001-01-01T00:00:00Z"}); payloads.len()],
        "os": "", "rootfs": {"type": "layers", "diff_ids": inner}, "config": {},
    })
}

/// Returns a Sigstore bundle.
// See: sigstore/protobuf-specs protos/sigstore_bundle.proto
#[must_use]
pub fn bundle(signed: &Signed, certificate: &[u8], entry: &Entry, stamps: &[Stamp]) -> Value {
    let stamps = stamps.iter().map(|stamp| json!({"signedTimestamp": base64(stamp.response())}));
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": {
            "certificate": {"rawBytes": base64(certificate)},
            "tlogEntries": [entry.in_bundle()],
            "timestampVerificationData": {"rfc3161Timestamps": stamps.collect::<Vec<_>>()},
        },
        "dsseEnvelope": signed.envelope(),
    })
}

/// Returns the manifest that refers to a subject and holds a Sigstore bundle.
// See: sigstore/cosign specs/BUNDLE_SPEC.md
#[must_use]
pub fn referrer(subject: &Subject, bundle: &Value, signing: &Signing) -> SignedManifest {
    let (config, bundle) = (Bytes::from_static(b"{}"), Bytes::from(bundle.to_string()));
    let about = Descriptor { platform: None, ..subject.descriptor.clone() };
    let manifest = signing.forge.made_manifest(json!({
        "schemaVersion": 2,
        "mediaType": oci::MANIFEST,
        "artifactType": BUNDLE,
        "config": Descriptor::of("application/vnd.oci.empty.v1+json", &config),
        "layers": [Descriptor::of(BUNDLE, &bundle)],
        "subject": about,
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": signing.predicate_type,
            CREATED: clock::rfc3339(signing.time),
        },
    }));
    SignedManifest::new(None, &manifest, vec![config, bundle])
}
