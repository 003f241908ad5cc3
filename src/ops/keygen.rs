//! `bundle keygen`: a key pair in cosign's files.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::error::OpsError;
use crate::trust::SigningKey;

/// What was made.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct KeygenReport {
    /// The private key, encrypted.
    pub private_key: PathBuf,
    /// The public key.
    pub public_key: PathBuf,
    /// The name of the key: base64 of the SHA-256 of its SubjectPublicKeyInfo.
    pub hint: String,
}

/// Makes `PREFIX.key` and `PREFIX.pub`. Neither may exist.
///
/// # Errors
/// When a file exists or cannot be written, or the system has no randomness.
pub fn keygen(prefix: &Path, password: &[u8]) -> Result<KeygenReport, OpsError> {
    let with = |suffix: &str| {
        let mut path = prefix.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    };
    let (private_key, public_key) = (with(".key"), with(".pub"));
    let failed = |source| OpsError::Key { path: private_key.clone(), source };
    let key = SigningKey::generate().map_err(failed)?;
    let pem = key.to_pem(password).map_err(failed)?;
    write_new(&private_key, pem.as_bytes(), 0o600)?;
    write_new(&public_key, key.public_key().to_pem().as_bytes(), 0o644)?;
    Ok(KeygenReport { hint: key.public_key().hint(), private_key, public_key })
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), OpsError> {
    let write = || {
        let mut file = fs::File::options().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| OpsError::Io { verb: "write", path: path.to_owned(), source })
}
