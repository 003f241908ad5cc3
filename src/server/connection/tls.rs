//! The certificate that a registry shows.

mod error;
mod generate;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::time::{Time, Validity};

use crate::digest::Digest;
use crate::pem;
pub use error::TlsError;

/// A certificate and its private key, ready for connections.
pub struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    certificate: CertificateDer<'static>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls with certificate {}", self.fingerprint())
    }
}

impl Tls {
    /// Takes a certificate with its chain, and its private key, both as PEM. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When one of them is not there, they do not belong together, or the certificate is not good now.
    pub fn from_pem(chain: &[u8], key: &[u8], now: i64) -> Result<Self, TlsError> {
        let chain = pem::certificates(chain).map_err(|_| TlsError::Pem { what: "certificate" })?;
        chain.first().map_or(Ok(()), |certificate| check_validity(certificate, now))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Pem { what: "private key" })?;
        Self::new(chain, key)
    }

    /// Generates a self-signed certificate for some names. It is valid for a year, from a day before `now`,
    /// in seconds since 1970: clocks differ.
    ///
    /// # Errors
    /// When a name is invalid, or the system gives no randomness.
    pub fn generate(names: &[String], now: i64) -> Result<Self, TlsError> {
        let (certificate, key) = generate::self_signed(names, now)?;
        Self::new(vec![certificate], key)
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, TlsError> {
        let certificate = chain.first().cloned().ok_or(TlsError::Pem { what: "certificate" })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(TlsError::Unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }

    /// Returns the SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` writes it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Digest::of(&self.certificate);
        digest.bytes().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// Returns the certificate as PEM: what a client that shall trust it is given.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem::encode(pem::CERTIFICATE, &self.certificate).unwrap_or_default()
    }
}

/// Refuses a certificate that is not good now. One that says it in a way that is not understood is left to the clients.
// See: RFC 5280, "Validity"
fn check_validity(certificate: &CertificateDer<'_>, now: i64) -> Result<(), TlsError> {
    let Ok(read) = Certificate::from_der(certificate) else { return Ok(()) };
    let Validity { not_before, not_after } = read.tbs_certificate.validity;
    let time = |time: Time| i64::try_from(time.to_unix_duration().as_secs()).ok();
    let times = [time(not_before), time(not_after), Some(now)];
    let [Some(from), Some(until), Some(now)] =
        times.map(|seconds| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    else {
        return Ok(());
    };
    if (from..=until).contains(&now) { Ok(()) } else { Err(TlsError::Outdated { from, until, now }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn files() -> (String, String) {
        let (certificate, key) = generate::self_signed(&["registry.lan".to_owned()], NOW).unwrap();
        let pem = |label, der: &[u8]| pem::encode(label, der).unwrap();
        (pem(pem::CERTIFICATE, &certificate), pem("PRIVATE KEY", key.secret_der()))
    }

    #[test]
    fn a_certificate_is_taken_with_the_key_that_belongs_to_it() {
        let ((certificate, key), (other, _)) = (files(), files());
        let good = Tls::from_pem(certificate.as_bytes(), key.as_bytes(), NOW).unwrap();
        assert_eq!(good.certificate_pem(), certificate);
        assert_eq!(good.fingerprint().len(), 32 * 3 - 1);
        let refused = |certificate: &str, key: &str| {
            Tls::from_pem(certificate.as_bytes(), key.as_bytes(), NOW).unwrap_err()
        };
        assert!(matches!(refused(&other, &key), TlsError::Unusable(_)));
        assert!(matches!(refused(&certificate, &certificate), TlsError::Pem { what: "private key" }));
        assert!(matches!(refused(&key, &key), TlsError::Pem { what: "certificate" }));
        assert!(!format!("{:?}", refused(&key, "x")).contains(&key[60..80]));
    }

    #[test]
    fn a_certificate_that_is_not_good_now_is_refused_with_its_times() {
        let (certificate, key) = files();
        let at = |now| {
            Tls::from_pem(certificate.as_bytes(), key.as_bytes(), now).map_err(|error| error.to_string())
        };
        let (from, until) = (NOW - 86_400, NOW + 364 * 86_400);
        assert!(at(from).is_ok() && at(until).is_ok());
        let good = "the certificate is not valid now: valid 2027-01-14T08:00:00Z to 2028-01-14T08:00:00Z";
        let expired = format!("{good}, current time 2028-01-14T08:00:01Z");
        assert_eq!(at(until + 1).unwrap_err(), expired);
        let early = format!("{good}, current time 2027-01-14T07:59:59Z");
        assert_eq!(at(from - 1).unwrap_err(), early);
    }
}
