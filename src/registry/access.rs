//! How registries are reached: everything that is not in a reference, given from outside.

use std::collections::BTreeMap;
use std::fmt;

use super::retry::Patience;
use crate::spec::Certificates;

/// How registries are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Proxies.
    pub proxies: Proxies,
    /// Own authorities and client certificates, by host and port.
    pub certificates: BTreeMap<String, Certificates>,
    /// How long a registry is borne with.
    pub patience: Patience,
}

/// The proxies that stand between this machine and registries; none on the way to a loopback address.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// The proxy for `https://` addresses.
    pub https: Option<String>,
    /// The proxy for `http://` addresses.
    pub http: Option<String>,
    /// The hosts that are reached without one: names with their subdomains, addresses and networks, separated by commas.
    pub except: Option<String>,
}

impl fmt::Debug for Proxies {
    // An address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxies {{ https: {}, http: {} }}", self.https.is_some(), self.http.is_some())
    }
}

impl Access {
    /// Returns the access with what one more host is reached with.
    #[must_use]
    pub fn with_certificates(mut self, host: &str, certificates: &Certificates) -> Self {
        if certificates.are_given() {
            self.certificates.insert(host.to_owned(), certificates.clone());
        }
        self
    }
}
