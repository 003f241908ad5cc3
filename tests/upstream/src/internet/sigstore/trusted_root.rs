//! The file that says whom to trust: `trusted_root.json`.
// See: sigstore/protobuf-specs protos/sigstore_trustroot.proto

use serde_json::{Value, json};

use super::Sigstore;
use super::certificate::Authority;
use super::clock::{START, rfc3339};
use super::encoding::base64;
use super::key::Key;

/// Returns the trusted root of an instance.
#[must_use]
pub fn trusted_root(sigstore: &Sigstore) -> Value {
    let Sigstore { root, intermediate, ct, rekor, rekor_v2, stamper, .. } = sigstore;
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [
            log(&rekor.host, &rekor.key, &rekor.id()),
            log(&rekor_v2.host, &rekor_v2.key, &rekor_v2.id()),
        ],
        "certificateAuthorities": [authority("fulcio.sigstore.test", &[intermediate, root])],
        "ctlogs": [log("ctfe.sigstore.test", ct, &ct.id())],
        "timestampAuthorities": [authority("timestamp.sigstore.test", &[&stamper.signer, &stamper.root])],
    })
}

fn log(host: &str, key: &Key, id: &[u8; 32]) -> Value {
    json!({
        "baseUrl": format!("https://{host}"),
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            // Ed25519 keys too are stored with their algorithm.
            "rawBytes": base64(key.spki()),
            "keyDetails": key.details(),
            "validFor": {"start": rfc3339(START)},
        },
        "logId": {"keyId": base64(id)},
    })
}

fn authority(host: &str, chain: &[&Authority]) -> Value {
    let chain: Vec<_> = chain.iter().map(|one| json!({"rawBytes": base64(&one.certificate)})).collect();
    json!({
        "subject": {"organization": "sigstore.test", "commonName": host},
        "uri": format!("https://{host}"),
        "certChain": {"certificates": chain},
        "validFor": {"start": rfc3339(START)},
    })
}
