//! The private key that signs.

use std::path::Path;

use crate::cli::environment::Environment;
use crate::ops::{OpsError, read_text};
use crate::trust::SigningKey;

/// Opens a private key with the password from the environment or the prompt.
///
/// # Errors
/// When the file cannot be read, there is no password, or the password is wrong.
pub fn read_signing_key(path: &Path, environment: &Environment) -> Result<SigningKey, OpsError> {
    let pem = read_text(path)?;
    let unreadable = |source: std::io::Error| OpsError::Usage {
        message: format!("no password for `{}`: {source}", path.display()),
        hint: "set COSIGN_PASSWORD, or run this at a terminal".to_owned(),
    };
    let password =
        environment.key_password(&format!("password for {}", path.display())).map_err(unreadable)?;
    SigningKey::from_pem(&pem, password.as_bytes())
        .map_err(|source| OpsError::Key { path: path.to_owned(), source })
}
