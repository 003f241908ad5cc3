//! The signature of an image, made: cosign's older form, which every version of cosign and every registry takes.
//!
//! Used for the subset indexes, which upstream did not sign because upstream did not make them. The same key, image and reference
//! give the same bytes: no time, no log entry.
// See: cosign specs/SIGNATURE_SPEC.md

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::layer::SIMPLE_SIGNING;
use super::simple_signing::{PAYLOAD_TYPE, SIGNATURE};
use crate::digest::Digest;
use crate::oci::{self, Descriptor, Document, Evidence, Manifest};
use crate::trust::keys::encoding::to_base64;
use crate::trust::keys::signer::SigningKey;

// What Go writes for a time that was never set; cosign's own manifests have it too.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// A blob of the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// Its bytes.
    pub bytes: Bytes,
}

/// The signature of an image, as three things to store in the image's repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureImage {
    /// The manifest, stored under [`SignatureImage::tag`].
    pub manifest: Manifest,
    /// The configuration that the manifest names.
    pub config: Blob,
    /// The layer that the manifest names: what was signed.
    pub payload: Blob,
    subject: Digest,
}

/// Signs an image. The reference is the name that the image is known by, without tag and digest; no verifier compares it.
#[must_use]
pub fn sign_image(key: &SigningKey, subject: Digest, reference: &str) -> SignatureImage {
    let payload = Blob::new(SIMPLE_SIGNING, &payload(subject, reference));
    let config = Blob::new(oci::IMAGE_CONFIG, &config(payload.descriptor.digest));
    let signature = to_base64(&key.sign(&payload.bytes));
    let layer = payload.descriptor.clone().annotated(SIGNATURE, signature);
    let manifest = manifest(config.descriptor.clone(), layer);
    SignatureImage { manifest, config, payload, subject }
}

impl SignatureImage {
    /// Returns the tag under which cosign looks for the manifest.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("sha256-{}.sig", self.subject.hex())
    }

    /// Returns the signature as evidence, as a registry would give it back.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        let blobs = [&self.config, &self.payload].map(|blob| (blob.descriptor.digest, blob.bytes.clone()));
        Evidence { tag: Some(self.tag()), manifest: self.manifest.clone(), blobs: BTreeMap::from(blobs) }
    }
}

impl Blob {
    fn new(media_type: &str, json: &Value) -> Self {
        let bytes = Bytes::from(json.to_string());
        Self { descriptor: Descriptor::of(media_type, &bytes), bytes }
    }
}

/// Returns the manifest with its bytes. The order of the fields is cosign's.
fn manifest(config: Descriptor, layer: Descriptor) -> Manifest {
    let mut signed = described(&layer);
    signed["annotations"] = json!(layer.annotations);
    let json = json!({
        "schemaVersion": 2,
        "mediaType": oci::MANIFEST,
        "config": described(&config),
        "layers": [signed],
    });
    let bytes = Bytes::from(json.to_string());
    let document = Document {
        media_type: Some(oci::MANIFEST.to_owned()),
        artifact_type: None,
        config: Some(config),
        layers: vec![layer],
        manifests: None,
        subject: None,
        annotations: BTreeMap::new(),
    };
    Manifest { descriptor: Descriptor::of(oci::MANIFEST, &bytes), bytes, document }
}

fn described(descriptor: &Descriptor) -> Value {
    json!({
        "mediaType": descriptor.media_type,
        "size": descriptor.size,
        "digest": descriptor.digest.to_string(),
    })
}

fn payload(subject: Digest, reference: &str) -> Value {
    json!({
        "critical": {
            "identity": { "docker-reference": reference },
            "image": { "docker-manifest-digest": subject.to_string() },
            "type": PAYLOAD_TYPE,
        },
        "optional": null,
    })
}

fn config(payload: Digest) -> Value {
    json!({
        "architecture": "",
        "created": NO_TIME,
        "history": [{ "created": NO_TIME }],
        "os": "",
        "rootfs": { "type": "layers", "diff_ids": [payload.to_string()] },
        "config": {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_and_image_give_the_same_bytes() {
        let key = SigningKey::generate().unwrap();
        let image = || sign_image(&key, Digest::of(b"image"), "docker.io/library/nginx");
        assert_eq!(image(), image());
        assert_eq!(
            image().tag(),
            "sha256-6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d.sig"
        );
    }

    #[test]
    fn the_parts_are_cosigns_byte_for_byte() {
        let subject =
            "sha256:8c63afab49ffda40337f8a75dafb7a6a60b54fe1d9655c87205965d6139ca494".parse().unwrap();
        let image = sign_image(&SigningKey::generate().unwrap(), subject, "127.0.0.1:39737/old");
        // What cosign 3.1.3 gave these two.
        for (blob, digest) in [
            (image.config, "sha256:11a62e396fa66a5b8716a140d4a9e0113e43a1e7fa622e865d10b4bdaa3f2973"),
            (image.payload, "sha256:e83f5095ef642b5151fc7e5a22d7f6dcbee30e49d74e187027dc36a13458d2c1"),
        ] {
            assert_eq!(blob.descriptor.digest.to_string(), digest);
        }
    }

    #[test]
    fn the_manifest_says_what_its_bytes_say() {
        let image =
            sign_image(&SigningKey::generate().unwrap(), Digest::of(b"image"), "docker.io/library/nginx");
        assert_eq!(Manifest::parse(image.manifest.bytes.clone(), None), Ok(image.manifest));
    }
}
