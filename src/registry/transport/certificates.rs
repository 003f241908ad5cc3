//! Reads the certificates that are a host's own: its CA, and the client certificate of this machine.

use reqwest::{Certificate, Identity};

use crate::pem;
use crate::registry::error::RegistryError;
use crate::registry::error::hint::AUTHORITY;
use crate::report::chain;
use crate::spec::Certificates;

/// The largest file of certificates, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// What was read.
pub(crate) struct Pem {
    /// The only CA certificates that are trusted for the host, if some are given.
    pub authorities: Option<Vec<Certificate>>,
    /// The client certificate with its key.
    pub identity: Option<Identity>,
}

/// Reads the files of a host.
pub(crate) fn read(host: &str, files: &Certificates) -> Result<Pem, RegistryError> {
    let authorities = files.ca.as_deref().map(authorities).transpose()?;
    let identity = match (&files.client_certificate, &files.client_key) {
        (Some(certificate), Some(key)) => Some(identity(certificate, key)?),
        (None, None) => None,
        _ => return Err(refused(host, "expected both a client certificate and its key, found one of them")),
    };
    Ok(Pem { authorities, identity })
}

fn authorities(file: &str) -> Result<Vec<Certificate>, RegistryError> {
    let what = format!("the certificates in `{file}`");
    let found =
        pem::certificates(&bytes(file)?).map_err(|_| refused(&what, "expected certificates as PEM"))?;
    if found.is_empty() {
        return Err(refused(&what, "the file holds no certificate, expected PEM"));
    }
    let read = found.iter().map(|der| Certificate::from_der(der).map_err(|error| setup(&what, &error)));
    read.collect()
}

/// The words of the library about a key are not repeated.
fn identity(certificate: &str, key: &str) -> Result<Identity, RegistryError> {
    let pem = [bytes(certificate)?, b"\n".to_vec(), bytes(key)?].concat();
    let what = format!("the client certificate `{certificate}` with the key `{key}`");
    Identity::from_pem(&pem).map_err(|_| refused(&what, "expected both as PEM, the key without a password"))
}

fn bytes(file: &str) -> Result<Vec<u8>, RegistryError> {
    let failed = |source: std::io::Error| refused(&format!("`{file}`"), &format!("cannot be read: {source}"));
    if std::fs::metadata(file).map_err(failed)?.len() > MAX_BYTES {
        return Err(refused(&format!("`{file}`"), &format!("larger than the limit of {MAX_BYTES} bytes")));
    }
    std::fs::read(file).map_err(failed)
}

fn refused(what: &str, reason: &str) -> RegistryError {
    let hint = "name PEM files; paths are relative to the working directory";
    RegistryError::Setup { what: what.to_owned(), reason: reason.to_owned(), hint }
}

/// Returns the error of certificates that cannot be used.
pub(crate) fn setup(what: &str, error: &reqwest::Error) -> RegistryError {
    RegistryError::Setup { what: what.to_owned(), reason: chain(error, ": "), hint: AUTHORITY }
}
