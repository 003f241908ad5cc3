//! PEM: the text form of keys and certificates. The only reader and writer of it.

use p256::pkcs8::der::pem;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{Error, PemObject as _};

/// The label of a certificate.
pub const CERTIFICATE: &str = "CERTIFICATE";
/// A key fits into this many times over; a key file is never a reason to hold more.
const LIMIT: usize = 64 * 1024;
/// How many characters of another label an error repeats.
const LABEL_LIMIT: usize = 200;

/// The text is not the PEM block that was expected. The block's content is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is no PEM block, more than one, or one that is damaged.
    #[error("expected one PEM block `{expected}`, found none that can be read")]
    Unreadable {
        /// The label that was expected.
        expected: &'static str,
    },
    /// There is a PEM block of another kind.
    #[error("expected a PEM block `{expected}`, found `{found}`")]
    OtherLabel {
        /// The label that was expected.
        expected: &'static str,
        /// The label that was found.
        found: String,
    },
    /// The text is too long to be a key.
    #[error("expected a PEM block `{expected}` of at most {LIMIT} bytes, found {found} bytes")]
    TooLarge {
        /// The label that was expected.
        expected: &'static str,
        /// Its length.
        found: usize,
    },
}

/// Returns the content of the one PEM block in the text, if it has one of the labels; the first is the one named in errors.
// See: RFC 7468
pub(crate) fn decode(text: &str, expected: &'static str, older: &[&str]) -> Result<Vec<u8>, PemError> {
    if text.len() > LIMIT {
        return Err(PemError::TooLarge { expected, found: text.len() });
    }
    let (label, content) =
        pem::decode_vec(text.trim().as_bytes()).map_err(|_| PemError::Unreadable { expected })?;
    if label != expected && !older.contains(&label) {
        return Err(PemError::OtherLabel {
            expected,
            found: label.chars().take(LABEL_LIMIT).flat_map(char::escape_debug).collect(),
        });
    }
    Ok(content)
}

/// Returns the PEM block; `None` where the content is too long for one.
pub(crate) fn encode(label: &'static str, content: &[u8]) -> Option<String> {
    pem::encode_string(label, pem::LineEnding::LF, content).ok()
}

/// Returns the certificates in a text, in order. Everything else in it, such as a private key, is skipped.
// See: RFC 7468, section 5
pub(crate) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_slice_iter(text).collect()
}
