//! The next step that helps with each error, whichever command asked.

use std::error::Error;

use tokio_rustls::rustls::{self, CertificateError};

use super::RegistryError;
use crate::registry::place::{Place, origin};

/// Where the authority of a registry is named.
pub(crate) const AUTHORITY: &str =
    "name the registry's CA: `ca: FILE` in the registries file or the site, `--ca FILE` with `push`";
/// What helps a machine that has no authorities.
pub(crate) const NO_STORE: &str = "install this machine's CA certificates (package `ca-certificates`), or name the registry's CA: `ca: FILE` in the registries file or the site, `--ca FILE` with `push`";

impl RegistryError {
    /// Returns a next step that works, whichever command asked.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self.cause() {
            Self::Unreachable { place, source, .. } => return Some(unreachable(place, certificate(source))),
            Self::Proxy { proxy, url, status, .. } => return Some(refused_by(proxy, url, *status)),
            Self::Unauthorized { place, .. } => return Some(unauthorized(place)),
            Self::Login { host, .. } => return Some(log_in(host)),
            Self::BrokenOff { .. } | Self::Silent { .. } => "run the same command again",
            Self::Status { place, status: 429 | 500.., .. } => return Some(own_failure(place)),
            Self::Setup { hint, .. } => hint,
            Self::NotFound { .. } => {
                "the registry lacks a part of what it publishes: run the same command again later"
            }
            Self::Digest { .. } | Self::Size { .. } => {
                "the registry or something before it altered the content: ask upstream's registry directly, and do not use this content"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// Returns whether the certificate that was shown is the reason.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        matches!(self.cause(), Self::Unreachable { source, .. } if certificate(source).is_some())
    }
}

/// Returns what is wrong with the certificate that was shown, if that is the reason.
fn certificate(error: &reqwest::Error) -> Option<&CertificateError> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        // An I/O error names as its source that of what it holds, and not that itself.
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match held.and_then(|held| held.downcast_ref()) {
            Some(rustls::Error::InvalidCertificate(wrong)) => return Some(wrong),
            _ => next = error.source(),
        }
    }
    None
}

fn unreachable(place: &Place, certificate: Option<&CertificateError>) -> String {
    let (origin, direct) = (place.origin(), directly(&place.url));
    match (&place.proxy, certificate) {
        (Some(_), Some(CertificateError::UnknownIssuer)) => {
            format!("{AUTHORITY}; a proxy that intercepts TLS has a CA of its own")
        }
        (None, Some(CertificateError::UnknownIssuer)) => AUTHORITY.to_owned(),
        (_, Some(_)) => format!("`{origin}` needs another certificate: this one is not valid for it"),
        (Some(proxy), None) => {
            format!(
                "check the proxy `{proxy}`, which {} names: does it answer from this machine? {direct}",
                variable(origin)
            )
        }
        (None, None) => format!("check that `{origin}/v2/` answers from this machine"),
    }
}

fn refused_by(proxy: &str, url: &str, status: u16) -> String {
    let (host, direct) = (host(url), directly(url));
    match status {
        407 => format!(
            "write a login that the proxy takes into {}: `http://USER:PASSWORD@{proxy}`, with `%` and two hexadecimal digits for a special character",
            variable(url)
        ),
        408 | 429 | 500.. => {
            format!(
                "the proxy does not reach `{host}`: check the name, or run the same command again later; {direct}"
            )
        }
        _ => format!("ask the proxy's operator to let this machine reach `{host}`; {direct}"),
    }
}

fn unauthorized(place: &Place) -> String {
    let log_in = log_in(place.origin());
    match place.answering_proxy() {
        Some(proxy) => {
            format!(
                "{log_in}; if the proxy is what refuses access, ask the operator of `{proxy}`; {}",
                directly(&place.url)
            )
        }
        None => log_in,
    }
}

fn own_failure(place: &Place) -> String {
    match place.answering_proxy() {
        Some(_) => format!(
            "the registry or the proxy failed: {}; run the same command again later",
            directly(&place.url)
        ),
        None => "the registry failed: run the same command again later".to_owned(),
    }
}

/// Returns how an address is asked without a proxy.
fn directly(url: &str) -> String {
    let host = host(url);
    let name = host.rsplit_once(':').filter(|(name, _)| !name.is_empty()).map_or(host, |(name, _)| name);
    let name = if host.ends_with(']') { host } else { name };
    format!("with `{name}` in NO_PROXY requests bypass the proxy")
}

fn host(url: &str) -> &str {
    let origin = origin(url);
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// Returns the variable that names the proxy on the way to an address.
fn variable(url: &str) -> &'static str {
    if url.starts_with("https:") { "HTTPS_PROXY" } else { "HTTP_PROXY" }
}

fn log_in(origin: &str) -> String {
    let host = host(origin);
    // Credentials for it are stored under another name.
    let host = if host == "registry-1.docker.io" { "docker.io" } else { host };
    format!(
        "log in with `docker login {host}`, podman or skopeo: their credential files and helpers are read"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str, proxy: Option<&str>) -> Place {
        Place { url: url.to_owned(), proxy: proxy.map(str::to_owned) }
    }

    #[test]
    fn the_hint_names_the_registry_that_one_logs_in_to() {
        for (url, command) in [
            ("https://registry-1.docker.io/v2/a/b/manifests/1", "`docker login docker.io`"),
            ("http://127.0.0.1:5000/v2/", "`docker login 127.0.0.1:5000`"),
            ("https://ghcr.io", "`docker login ghcr.io`"),
        ] {
            let error =
                RegistryError::Unauthorized { what: "x".into(), place: place(url, None), status: 401 };
            let expected = format!(
                "log in with {command}, podman or skopeo: their credential files and helpers are read"
            );
            assert_eq!(error.hint(), Some(expected));
        }
    }

    #[test]
    fn without_tls_the_proxy_may_be_the_one_that_refused() {
        let plain = "http://registry.lan:5000/v2/";
        let refused = |place| RegistryError::Unauthorized { what: "x".into(), place, status: 403 }.hint();
        let said = refused(place(plain, Some("proxy.lan:3128"))).unwrap();
        assert!(
            said.ends_with("; if the proxy is what refuses access, ask the operator of `proxy.lan:3128`; with `registry.lan` in NO_PROXY requests bypass the proxy"),
            "{said}"
        );
        let tls = place("https://registry.lan:5000/v2/", Some("proxy.lan:3128"));
        assert!(!refused(tls).unwrap().contains("proxy"));
    }

    #[test]
    fn a_host_is_excepted_by_its_name() {
        for (url, name) in [
            ("https://registry.lan:5000/v2/", "registry.lan"),
            ("https://registry.lan/v2/", "registry.lan"),
            ("http://[fd00::5]:5000/v2/", "[fd00::5]"),
            ("http://[fd00::5]/v2/", "[fd00::5]"),
        ] {
            assert_eq!(directly(url), format!("with `{name}` in NO_PROXY requests bypass the proxy"));
        }
    }
}
