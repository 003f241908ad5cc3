//! Where something was asked for, as errors tell it.

use std::fmt;

use reqwest::Url;

/// An address, and the proxy on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The address, without what may be secret in it.
    pub url: String,
    /// Host and port of the proxy that was asked, if one was.
    pub proxy: Option<String>,
}

impl Place {
    pub(super) fn new(url: &Url, proxy: Option<String>) -> Self {
        Self { url: shown(url), proxy }
    }

    /// Returns the proxy that could have answered itself: without TLS, it reads what is asked for.
    pub(super) fn answering_proxy(&self) -> Option<&str> {
        self.proxy.as_deref().filter(|_| self.url.starts_with("http://"))
    }

    /// Returns scheme, host and port of the address.
    pub(super) fn origin(&self) -> &str {
        origin(&self.url)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            Some(proxy) => write!(f, "`{}` through the proxy `{proxy}`", self.url),
            None => write!(f, "`{}`", self.url),
        }
    }
}

/// Returns scheme, host and port of an address.
pub(super) fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[..end]
}

/// Returns host and port of an address.
pub(super) fn host_and_port(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// Returns an address without what may be secret in it: a user, a password, and what an upload or a store carries behind the `?`.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses without a host have none, and those are not asked.
    let _ = (url.set_username(""), url.set_password(None));
    url.to_string()
}
