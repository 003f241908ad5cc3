//! Texts of bytes: base64, hexadecimal, PEM, canonical JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Returns base64 with padding.
#[must_use]
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Returns lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a certificate as PEM.
#[must_use]
pub fn certificate_pem(certificate: &[u8]) -> String {
    pem("CERTIFICATE", certificate)
}

/// Returns a SubjectPublicKeyInfo as PEM.
#[must_use]
pub fn public_key_pem(spki: &[u8]) -> String {
    pem("PUBLIC KEY", spki)
}

fn pem(label: &str, bytes: &[u8]) -> String {
    let text = base64(bytes);
    let lines = text.as_bytes().chunks(64).map(|line| format!("{}\n", String::from_utf8_lossy(line)));
    let lines: String = lines.collect();
    format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
}

/// Returns JSON with sorted members and without spaces.
// See: RFC 8785; member names here are ASCII, numbers are whole and small
#[must_use]
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let members = members.into_iter().map(|(name, member)| format!("{name:?}:{}", canonical(member)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(members) => {
            format!("[{}]", members.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        plain => plain.to_string(),
    }
}
