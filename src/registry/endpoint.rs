//! Where a registry is really asked, and how.

use crate::reference::is_loopback;
use crate::spec::{Registries, below};

/// A registry's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host and port that are connected to.
    pub host: String,
    /// Whether plain HTTP is spoken.
    pub plain_http: bool,
    /// A path before every repository; empty for none.
    pub prefix: String,
}

impl Endpoint {
    /// Returns the endpoint of a host: plain HTTP on a loopback address or where it is asked for, TLS anywhere else.
    #[must_use]
    pub fn new(host: &str, plain_http: Option<bool>, prefix: &str) -> Self {
        let host = if host == "docker.io" { "registry-1.docker.io" } else { host };
        Self {
            host: host.to_owned(),
            plain_http: plain_http.unwrap_or_else(|| is_loopback(host)),
            prefix: prefix.to_owned(),
        }
    }

    /// Returns the endpoint at which an upstream host is asked.
    #[must_use]
    pub fn upstream(host: &str, registries: &Registries) -> Self {
        match registries.mirrors.get(host) {
            Some(mirror) => Self::new(&mirror.host, mirror.plain_http, &mirror.prefix),
            None => Self::new(host, None, ""),
        }
    }

    /// Returns a repository's path with the prefix before it.
    #[must_use]
    pub fn prefixed(&self, path: &str) -> String {
        below(&self.prefix, path)
    }

    /// Returns `http://host` or `https://host`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("{}://{}", if self.plain_http { "http" } else { "https" }, self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_in_plain_text_unasked() {
        for (host, plain) in [
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("127.8.8.8", true),
            ("registry.lan:5000", false),
            ("localhost.example", false),
            ("10.0.0.1:5000", false),
            ("127.0.0.1.example:80", false),
        ] {
            assert_eq!(Endpoint::new(host, None, "").plain_http, plain, "{host}");
        }
        assert_eq!(Endpoint::new("docker.io", None, "").base(), "https://registry-1.docker.io");
    }
}
