//! `bundle keygen`: a key pair in cosign's files.

use std::path::{Path, PathBuf};

use super::error::OpsError;
use crate::output::{Draft, Folder, Mode, Place, refuse_existing};
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

/// Looks at where the keys go: `PREFIX.key` and `PREFIX.pub`.
///
/// # Errors
/// When one of them exists, or the folder does not.
pub fn key_files(prefix: &Path) -> Result<[Place; 2], OpsError> {
    let look = |suffix: &str| {
        let mut path = prefix.as_os_str().to_owned();
        path.push(suffix);
        let path = PathBuf::from(path);
        refuse_existing(&path)?;
        Place::file(&path)?.writable()
    };
    Ok([look(".key")?, look(".pub")?])
}

/// Makes `PREFIX.key` and `PREFIX.pub`. Neither may exist.
///
/// # Errors
/// When a file exists or cannot be written, or the system has no randomness.
pub fn keygen(prefix: &Path, password: &[u8]) -> Result<KeygenReport, OpsError> {
    let [private_key, public_key] = key_files(prefix)?;
    let failed = |source| OpsError::Key { path: private_key.path().to_owned(), source };
    let key = SigningKey::generate().map_err(failed)?;
    let pem = key.to_pem(password).map_err(failed)?;
    let mut private = Draft::create(&private_key, Mode::Private)?;
    let mut public = Draft::create(&public_key, Mode::Public)?;
    private.write_all(pem.as_bytes())?;
    public.write_all(key.public_key().to_pem().as_bytes())?;
    Folder::create(folder_of(&private_key))?.publish(vec![private, public])?;
    let [private_key, public_key] = [private_key, public_key].map(|place| place.path().to_owned());
    Ok(KeygenReport { hint: key.public_key().hint(), private_key, public_key })
}

fn folder_of(place: &Place) -> &Path {
    place.path().parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
