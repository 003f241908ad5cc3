//! The signature of an image, made: cosign's older form, which every version of cosign and every registry takes.
//!
//! Used for the subset indexes, which upstream did not sign because upstream did not make them. The same key, image and reference
//! give the same bytes: no time, no log entry.
// See: cosign specs/SIGNATURE_SPEC.md

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::encoding::to_base64;
use super::evidence::{SIMPLE_SIGNING, Stored};
use super::signer::SigningKey;
use super::simple_signing::{PAYLOAD_TYPE, SIGNATURE};
use crate::digest::Digest;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
// What Go writes for a time that was never set; cosign's own manifests have it too.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Bytes that a registry stores, and what it has to know about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// The media type.
    pub media_type: &'static str,
    /// The digest of the bytes.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The signature of an image, as three things to store in the image's repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureImage {
    /// The manifest, stored under [`SignatureImage::tag`].
    pub manifest: Blob,
    /// The configuration that the manifest names.
    pub config: Blob,
    /// The layer that the manifest names: what was signed.
    pub payload: Blob,
    subject: Digest,
}

/// Signs an image. The reference is the name that the image is known by, without tag and digest; nobody compares it.
#[must_use]
pub fn sign_image(key: &SigningKey, subject: Digest, reference: &str) -> SignatureImage {
    let payload = Blob::new(SIMPLE_SIGNING, &payload(subject, reference));
    let config = Blob::new(CONFIG, &config(payload.digest));
    let signature = to_base64(&key.sign(&payload.bytes));
    let mut layer = payload.descriptor();
    layer["annotations"] = json!({ SIGNATURE: signature });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor(),
        "layers": [layer],
    });
    SignatureImage { manifest: Blob::new(MANIFEST, &manifest), config, payload, subject }
}

impl SignatureImage {
    /// Returns the tag under which cosign looks for the manifest.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("sha256-{}.sig", self.subject.hex())
    }

    /// Returns the signature as evidence, as a registry would give it back.
    #[must_use]
    pub fn stored(&self) -> Stored {
        let blobs = [&self.config, &self.payload].map(|blob| (blob.digest, blob.bytes.clone()));
        Stored { manifest: self.manifest.bytes.clone(), blobs: BTreeMap::from(blobs) }
    }
}

impl Blob {
    fn new(media_type: &'static str, json: &Value) -> Self {
        let bytes = json.to_string().into_bytes();
        Self { media_type, digest: Digest::of(&bytes), bytes }
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "size": self.bytes.len(), "digest": self.digest.to_string() })
    }
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
            assert_eq!(blob.digest.to_string(), digest);
        }
    }
}
