//! Signatures over bytes, as `cosign sign-blob` makes them: a Sigstore bundle with a `messageSignature`.
// See: sigstore/protobuf-specs protos/sigstore_bundle.proto, sigstore/cosign cmd/cosign/cli/sign/sign_blob.go

use serde_json::{Value, json};

use super::encoding::{base64, public_key_pem};
use super::key::{Key, sha256};
use super::log::{Admission, Entry};
use super::said::Signed;
use super::timestamp::Stamp;
use super::{Form, LOGGED_AFTER, Leaf, STAMPED_AFTER, Signing, Sigstore, body, store};

/// A signature over bytes.
struct Message<'a> {
    bytes: &'a [u8],
    signature: Vec<u8>,
}

impl Message<'_> {
    fn in_bundle(&self, material: Value) -> Value {
        json!({
            "mediaType": store::BUNDLE,
            "verificationMaterial": material,
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": base64(sha256(self.bytes))},
                "signature": base64(&self.signature),
            },
        })
    }
}

impl Sigstore {
    /// Signs bytes with a certificate, and returns the Sigstore bundle. The form says which version of the log sees it.
    #[must_use]
    pub fn sign_blob(&self, bytes: &[u8], signing: &Signing) -> Value {
        let seed = format!("{} {} {} blob", self.seed, signing.identity, base64(sha256(bytes)));
        let leaf = signing.forge.made_leaf(Leaf::new(self, signing, &seed));
        let certificate = signing.forge.made_certificate(leaf.issue());
        let signed = signing.forge.made_signed(Signed::new(&leaf.key, Form::Tag, bytes.to_vec()));
        let message = Message { bytes, signature: signed.signature().to_vec() };
        let entry = match signing.form {
            Form::BundleV2 => body::hashed_v2(bytes, signed.signature(), &certificate, leaf.key.details()),
            Form::Tag | Form::Bundle => {
                body::hashed(&signed, &super::encoding::certificate_pem(&certificate))
            }
        };
        let entry = self.log_blob(signing, entry);
        let stamp = Stamp::new(&self.stamper, &message.signature, signing.time + STAMPED_AFTER);
        let stamps = signing.forge.made_stamps(if signing.stamped { vec![stamp] } else { Vec::new() });
        let stamps = stamps.iter().map(|stamp| json!({"signedTimestamp": base64(stamp.response())}));
        signing.forge.made_stored(message.in_bundle(json!({
            "certificate": {"rawBytes": base64(&certificate)},
            "tlogEntries": [entry.in_bundle()],
            "timestampVerificationData": {"rfc3161Timestamps": stamps.collect::<Vec<_>>()},
        })))
    }

    /// Signs bytes with a given key, has the first version of the log see it, and returns the Sigstore bundle.
    #[must_use]
    pub fn sign_blob_by_key(&self, bytes: &[u8], key: &Key, signing: &Signing) -> Value {
        let signed = signing.forge.made_signed(Signed::new(key, Form::Tag, bytes.to_vec()));
        let entry = self.log_blob(signing, body::hashed(&signed, &public_key_pem(&key.spki())));
        let message = Message { bytes, signature: signed.signature().to_vec() };
        signing.forge.made_stored(message.in_bundle(json!({
            "publicKey": {"hint": base64(key.id())},
            "tlogEntries": [entry.in_bundle()],
        })))
    }

    fn log_blob(&self, signing: &Signing, spec: Value) -> Entry {
        let (log, form, time) = match signing.form {
            Form::BundleV2 => (&self.rekor_v2, Form::BundleV2, None),
            Form::Tag | Form::Bundle => (&self.rekor, Form::Tag, Some(signing.time + LOGGED_AFTER)),
        };
        let (kind, version) = body::kind(form);
        let body = signing.forge.made_body(json!({"apiVersion": version, "kind": kind, "spec": spec}));
        let admission = Admission::new(log, (kind, version), &body, time);
        signing.forge.made_entry(signing.forge.made_admission(admission).entry())
    }
}
