//! The Sigstore bundle as JSON: what both the bundle's own signature and the signatures beside images are written in.
//!
//! Only shapes are here; what they prove is judged by those who read them. Unknown fields are errors.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::trust::keys::encoding::Base64;

/// The media type of the bundles that are made, as cosign 3 writes it.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The media types of the bundles that can be read.
// See: sigstore/protobuf-specs, sigstore_bundle.proto, Bundle.media_type
pub(crate) const MEDIA_TYPES: [&str; 4] = [
    MEDIA_TYPE,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
];

/// The media type alone: it says whether the rest can be read at all.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    pub media_type: String,
}

// See: sigstore/protobuf-specs, sigstore_bundle.proto
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Bundle {
    #[serde(rename = "mediaType")]
    _media_type: String,
    pub verification_material: Material,
    pub message_signature: Option<MessageSignature>,
    pub dsse_envelope: Option<Envelope>,
}

/// What a signature is checked with. Key and certificate are read, for they say whose the signature claims to be; the rest is known
/// to be there, or not.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Material {
    pub public_key: Option<KeyHint>,
    pub certificate: Option<RawCertificate>,
    #[serde(rename = "x509CertificateChain")]
    pub certificate_chain: Option<RawChain>,
    pub tlog_entries: Option<IgnoredAny>,
    pub timestamp_verification_data: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RawCertificate {
    #[serde(default = "empty")]
    pub raw_bytes: Base64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawChain {
    #[serde(default)]
    pub certificates: Vec<RawCertificate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyHint {
    #[serde(default)]
    pub hint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MessageSignature {
    pub message_digest: MessageDigest,
    #[serde(default = "empty")]
    pub signature: Base64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageDigest {
    pub algorithm: String,
    pub digest: Base64,
}

// See: secure-systems-lab/dsse envelope.md
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Envelope {
    pub payload: Base64,
    pub payload_type: String,
    pub signatures: Vec<EnvelopeSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvelopeSignature {
    pub sig: Base64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keyid: String,
}

// Protobuf's JSON leaves out an empty field.
fn empty() -> Base64 {
    Base64(Vec::new())
}

impl Material {
    /// Tells whether a log or a timestamp authority claims to have seen the signature.
    pub(crate) fn is_witnessed(&self) -> bool {
        self.tlog_entries.is_some() || self.timestamp_verification_data.is_some()
    }

    /// Returns the signing certificate as DER, where there is one.
    pub(crate) fn signing_certificate(&self) -> Option<&[u8]> {
        let first = self.certificate_chain.as_ref().and_then(|chain| chain.certificates.first());
        self.certificate.as_ref().or(first).map(|certificate| certificate.raw_bytes.0.as_slice())
    }

    /// Returns how many things the signature could be checked with; one is right.
    pub(crate) fn signers(&self) -> usize {
        let signers =
            [self.public_key.is_some(), self.certificate.is_some(), self.certificate_chain.is_some()];
        signers.into_iter().filter(|is_there| *is_there).count()
    }
}
