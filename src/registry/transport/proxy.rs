//! The proxies between this machine and registries: which one is asked for what.

mod except;
pub(crate) mod tunnel;

use std::fmt;

use reqwest::Url;

use crate::registry::error::RegistryError;
use crate::registry::place::host_and_port;
use except::Except;

/// The proxies that stand between this machine and registries; none on the way to a loopback address.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// The proxy for `https://` addresses.
    pub https: Option<String>,
    /// The proxy for `http://` addresses.
    pub http: Option<String>,
    /// The hosts that are reached without one: names with their subdomains, addresses and networks, each with a port or
    /// without, separated by commas; `*` for all.
    pub except: Option<String>,
}

impl fmt::Debug for Proxies {
    // An address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxies {{ https: {}, http: {} }}", self.https.is_some(), self.http.is_some())
    }
}

/// The proxies whose addresses were read.
#[derive(Clone)]
pub(crate) struct Ways {
    https: Option<Url>,
    http: Option<Url>,
    except: Except,
}

impl Ways {
    pub(crate) fn new(given: &Proxies) -> Result<Self, RegistryError> {
        let read = |address: &Option<String>, variable| {
            address.as_deref().map(|address| parse(address).ok_or_else(|| refused(variable))).transpose()
        };
        Ok(Self {
            https: read(&given.https, "HTTPS_PROXY")?,
            http: read(&given.http, "HTTP_PROXY")?,
            except: Except::new(given.except.as_deref().unwrap_or_default()),
        })
    }

    /// Returns the proxy on the way to an address. Its own address may hold a password.
    pub(crate) fn proxy(&self, url: &Url) -> Option<&Url> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !self.except.holds(url))
    }

    /// Returns host and port of the proxy on the way to an address.
    pub(crate) fn shown(&self, url: &Url) -> Option<String> {
        self.proxy(url).map(host_and_port)
    }

    /// Returns whether the proxy for plain HTTP is itself spoken to by TLS.
    pub(crate) fn has_tls_before_plain(&self) -> bool {
        self.http.as_ref().is_some_and(|proxy| proxy.scheme() == "https")
    }
}

/// Reads the address of a proxy that is spoken to in HTTP; the scheme may be left out.
fn parse(address: &str) -> Option<Url> {
    let whole = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let url = Url::parse(&whole).ok()?;
    (["http", "https"].contains(&url.scheme()) && url.host_str().is_some()).then_some(url)
}

/// The error repeats neither the address nor a library's words about it: it may hold a password.
fn refused(variable: &str) -> RegistryError {
    RegistryError::Setup {
        what: format!("the address of a proxy in {variable}"),
        reason: "expected `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, found something else"
            .to_owned(),
        hint: "fix the variable, or empty it to reach registries directly",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scheme_has_its_proxy_and_this_machine_has_none() {
        let given = Proxies {
            https: Some("http://someone:secret@secure.example:3128".to_owned()),
            http: Some("plain.example".to_owned()),
            except: Some("direct.example".to_owned()),
        };
        let ways = Ways::new(&given).unwrap();
        for (url, expected) in [
            ("https://registry.example/v2/", Some("secure.example:3128")),
            ("http://registry.example/v2/", Some("plain.example:80")),
            ("https://direct.example/v2/", None),
            ("https://127.0.0.1:5000/v2/", None),
            ("https://127.9.9.9/v2/", None),
            ("http://[::1]:5000/v2/", None),
            ("http://localhost:5000/v2/", None),
        ] {
            assert_eq!(ways.shown(&Url::parse(url).unwrap()).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_proxy_is_refused_and_not_repeated() {
        for address in ["socks5://secret@proxy:1080", "http://", "http://someone:secret@[bad", "ftp://proxy"]
        {
            let given = Proxies { http: Some(address.to_owned()), ..Proxies::default() };
            let error = Ways::new(&given).err().unwrap().to_string();
            assert_eq!(
                error,
                "the address of a proxy in HTTP_PROXY: expected `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, found something else"
            );
        }
    }
}
