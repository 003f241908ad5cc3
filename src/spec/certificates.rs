//! The certificates that a registry is reached with.

use super::decode::{Decoder, Fields};

/// The CA and client certificate of a host. The paths are relative to the working directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificates {
    /// A file with the CA certificates to trust for the host (PEM). `None`: the system's trust store.
    pub ca: Option<String>,
    /// A file with the client certificate (PEM).
    pub client_certificate: Option<String>,
    /// A file with its key (PEM).
    pub client_key: Option<String>,
    /// The certificates in the file `ca` (PEM), once it was read: nodes and controllers are configured to trust them.
    pub ca_pem: Option<String>,
}

impl Certificates {
    /// Returns whether there are any: then TLS is meant, also on a loopback address.
    #[must_use]
    pub fn are_given(&self) -> bool {
        *self != Self::default()
    }
}

/// Reads the certificates of a host, among its other fields.
pub(super) fn decode_certificates(decoder: &mut Decoder, fields: &Fields<'_>) -> Certificates {
    let mut file =
        |name: &str| fields.optional(name).and_then(|node| decoder.text(node, &format!("`{name}`")));
    let certificates = Certificates {
        ca: file("ca"),
        client_certificate: file("clientCertificate"),
        client_key: file("clientKey"),
        ca_pem: None,
    };
    if certificates.client_certificate.is_some() != certificates.client_key.is_some() {
        decoder.fault(
            fields.place(),
            "a client certificate and its key come together",
            "write both: {clientCertificate: FILE, clientKey: FILE}",
        );
    }
    certificates
}
