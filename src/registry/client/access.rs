//! How registries are reached: everything that is not in a reference, given from outside.

use std::collections::BTreeMap;

use super::retry::Patience;
use crate::registry::auth::stored::LoginFiles;
use crate::registry::transport::proxy::Proxies;
use crate::spec::Certificates;

/// How registries are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Proxies.
    pub proxies: Proxies,
    /// Where logins are stored.
    pub logins: LoginFiles,
    /// Own authorities and client certificates, by host and port.
    pub certificates: BTreeMap<String, Certificates>,
    /// Retry policy for a registry.
    pub patience: Patience,
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
