//! The hosts that are reached without a proxy.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

/// What is always reached directly.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The entries of `NO_PROXY`.
#[derive(Clone)]
pub(crate) struct Except(Arc<[Entry]>);

/// One host, network or domain, on one port or on all.
struct Entry {
    /// `None`: all of them.
    hosts: Option<Matcher>,
    port: Option<u16>,
}

impl fmt::Debug for Except {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Except({})", self.0.len())
    }
}

impl Except {
    /// Reads the entries; commas or spaces are between them.
    pub(crate) fn new(text: &str) -> Self {
        let entries = text.split([',', ' ']).chain(LOOPBACK.split(','));
        Self(entries.map(str::trim).filter(|entry| !entry.is_empty()).map(Entry::new).collect())
    }

    /// Returns whether an address is that of one of them.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        // What cannot be compared is not sent past the proxy.
        let Ok(uri) = url.as_str().parse::<Uri>() else { return false };
        self.0.iter().any(|entry| entry.holds(url, &uri))
    }
}

impl Entry {
    fn new(text: &str) -> Self {
        let (host, port) = port(text);
        // `*.example` is another way to write `.example`.
        let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        // The library offers its rules only as "is this URL sent to a proxy"; to it, `*` stands for names only.
        let hosts = (host != "*").then(|| Matcher::builder().all("http://proxy").no(host).build());
        Self { hosts, port }
    }

    fn holds(&self, url: &Url, uri: &Uri) -> bool {
        self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
            && self.hosts.as_ref().is_none_or(|hosts| hosts.intercept(uri).is_none())
    }
}

/// Takes the port off; an IPv6 address has one only behind brackets.
fn port(text: &str) -> (&str, Option<u16>) {
    let split = text.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    let numbered = split.and_then(|(host, port)| Some((host, port.parse().ok()?)));
    numbered.map_or((text, None), |(host, port)| (host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As curl and Go read the variable.
    // See: https://everything.curl.dev/usingcurl/proxies/env.html, https://pkg.go.dev/golang.org/x/net/http/httpproxy
    #[test]
    fn a_host_is_excepted_by_name_domain_address_network_and_port() {
        let lan = "https://registry.lan:5000/v2/";
        for (except, url, expected) in [
            ("", lan, false),
            (" , ", lan, false),
            ("registry.lan", lan, true),
            ("REGISTRY.LAN", lan, true),
            ("other.lan,registry.lan", lan, true),
            ("other.lan, registry.lan", lan, true),
            ("other.lan registry.lan", lan, true),
            ("lan", lan, true),
            (".lan", lan, true),
            ("*.lan", lan, true),
            (".registry.lan", lan, true),
            ("istry.lan", lan, false),
            ("registry", lan, false),
            ("registry.lan.example", lan, false),
            ("*", lan, true),
            ("*", "http://10.1.2.3/", true),
            ("*:80", "http://10.1.2.3/", true),
            ("*:80", lan, false),
            ("registry.lan:5000", lan, true),
            (".lan:5000", lan, true),
            ("registry.lan:5001", lan, false),
            ("registry.lan:443", "https://registry.lan/", true),
            ("registry.lan:80", "http://registry.lan/", true),
            ("registry.lan:80", "https://registry.lan/", false),
            ("10.1.2.3", "http://10.1.2.3:5000/", true),
            ("10.1.2.3", "http://10.1.2.4:5000/", false),
            ("10.1.2.3:5000", "http://10.1.2.3:5000/", true),
            ("10.1.2.3:5000", "http://10.1.2.3:5001/", false),
            ("10.1.0.0/16", "http://10.1.2.3:5000/", true),
            ("10.1.0.0/16", "http://10.2.2.3:5000/", false),
            ("10.1.0.0/16", "http://registry.lan/", false),
            ("fd00::5", "http://[fd00::5]:5000/", true),
            ("[fd00::5]", "http://[fd00::5]:5000/", true),
            ("[fd00::5]:5000", "http://[fd00::5]:5000/", true),
            ("[fd00::5]:5001", "http://[fd00::5]:5000/", false),
            ("fd00::/8", "http://[fd00::5]:5000/", true),
        ] {
            assert_eq!(Except::new(except).holds(&Url::parse(url).unwrap()), expected, "{except}: {url}");
        }
    }
}
