//! Cosign's older form of a keyless signature: certificate and log entry are annotations of the layer.
//!
//! They are put together as the oldest Sigstore bundle, which holds the same things, and verified as one. There is no inclusion
//! proof: the log's promise (SET) was all that clients had.
// See: cosign specs/SIGNATURE_SPEC.md, "Properties"; cosign pkg/cosign/bundle/rekor.go

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use sigstore_verify::types::{Bundle, DerCertificate, KindVersion};

use super::fault::KeylessFault;
use crate::digest::Digest;
use crate::trust::keys::encoding::{Base64, excerpt, from_hex, to_base64};
use crate::trust::sigstore::sigstore_bundle::Envelope;

const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const ENTRY: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";
/// A certificate has a kilobyte, a log entry four.
const LIMIT: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Entry {
    signed_entry_timestamp: Base64,
    payload: EntryPayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EntryPayload {
    body: Base64,
    integrated_time: i64,
    log_index: u64,
    #[serde(rename = "logID")]
    log_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Timestamp {
    #[serde(rename = "SignedRFC3161Timestamp")]
    signed: Base64,
}

/// The parts of the body of an envelope's entry that are looked at here.
// See: sigstore/rekor pkg/generated/models, DSSEV001Schema
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnvelopeEntry {
    api_version: String,
    kind: String,
    spec: EnvelopeSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnvelopeSpec {
    #[serde(default)]
    envelope_hash: Option<EnvelopeHash>,
}

#[derive(Deserialize)]
struct EnvelopeHash {
    value: String,
}

/// What a layer's annotations say of the signature over it.
pub(crate) struct LegacySignature<'a> {
    pub content: LegacyContent<'a>,
    pub annotations: &'a BTreeMap<String, String>,
}

/// What is signed, and the signature.
pub(crate) enum LegacyContent<'a> {
    /// The payload of a simple signature.
    Payload { payload: &'a [u8], signature: &'a [u8] },
    /// An envelope with a statement, read, and its bytes.
    Envelope { envelope: &'a Envelope, bytes: &'a [u8] },
}

/// Returns the certificate in the annotations as DER; `None` if they have no certificate.
pub(crate) fn certificate_of(
    annotations: &BTreeMap<String, String>,
) -> Option<Result<Vec<u8>, KeylessFault>> {
    let pem = annotations.get(CERTIFICATE)?;
    let unreadable = |reason: &str| KeylessFault::Certificate { reason: excerpt(reason) };
    if pem.len() > LIMIT {
        return Some(Err(unreadable("it is too large")));
    }
    let certificate = DerCertificate::from_pem(pem).map_err(|error| unreadable(&error.to_string()));
    Some(certificate.map(|certificate| certificate.as_bytes().to_vec()))
}

impl LegacySignature<'_> {
    /// Returns the signature as a bundle.
    pub(crate) fn to_bundle(&self, certificate: &[u8]) -> Result<Bundle, KeylessFault> {
        let mut bundle = json!({
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "x509CertificateChain": { "certificates": [{ "rawBytes": to_base64(certificate) }] },
                "tlogEntries": [self.entry()?],
                "timestampVerificationData": { "rfc3161Timestamps": self.timestamps()? },
            },
        });
        match &self.content {
            LegacyContent::Envelope { envelope, .. } => bundle["dsseEnvelope"] = json!(envelope),
            LegacyContent::Payload { payload, signature } => {
                let digest = to_base64(Digest::of(payload).bytes());
                bundle["messageSignature"] = json!({
                    "messageDigest": { "algorithm": "SHA2_256", "digest": digest },
                    "signature": to_base64(signature),
                });
            }
        }
        serde_json::from_value(bundle).map_err(|error| KeylessFault::bundle(&error.to_string()))
    }

    fn entry(&self) -> Result<Value, KeylessFault> {
        let entry: Entry = self.annotation(ENTRY)?.ok_or(KeylessFault::Entries { found: 0 })?;
        let unknown = || KeylessFault::UnknownLog { log: excerpt(&entry.payload.log_id) };
        let log = from_hex(&entry.payload.log_id).ok_or_else(unknown)?;
        Ok(json!({
            "logIndex": entry.payload.log_index.to_string(),
            "logId": { "keyId": to_base64(&log) },
            "kindVersion": self.kind(&entry.payload.body.0)?,
            "integratedTime": entry.payload.integrated_time.to_string(),
            "inclusionPromise": { "signedEntryTimestamp": to_base64(&entry.signed_entry_timestamp.0) },
            "canonicalizedBody": to_base64(&entry.payload.body.0),
        }))
    }

    /// Returns the kind of the entry: of a payload there is one, of an envelope the entry says which.
    fn kind(&self, body: &[u8]) -> Result<Value, KeylessFault> {
        let LegacyContent::Envelope { bytes, .. } = &self.content else {
            return Ok(json!(KindVersion::HashedRekordV001));
        };
        let body: EnvelopeEntry =
            serde_json::from_slice(body).map_err(|error| KeylessFault::bundle(&error.to_string()))?;
        // The log saw these very bytes, which only this form keeps.
        let (logged, found) = (body.spec.envelope_hash.map(|hash| hash.value), Digest::of(bytes).hex());
        match logged.filter(|logged| *logged != found) {
            None => Ok(json!({ "kind": body.kind, "version": body.api_version })),
            Some(logged) => Err(KeylessFault::OtherEntry {
                reason: format!("it is of the envelope `{}`, not of `{found}`", excerpt(&logged)),
            }),
        }
    }

    fn timestamps(&self) -> Result<Vec<Value>, KeylessFault> {
        let timestamp: Option<Timestamp> = self.annotation(TIMESTAMP)?;
        Ok(timestamp.iter().map(|found| json!({ "signedTimestamp": to_base64(&found.signed.0) })).collect())
    }

    fn annotation<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Option<T>, KeylessFault> {
        let Some(text) = self.annotations.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        if text.len() > LIMIT {
            return Err(KeylessFault::bundle("an annotation is too large"));
        }
        serde_json::from_str(text).map(Some).map_err(|error| KeylessFault::bundle(&error.to_string()))
    }
}
