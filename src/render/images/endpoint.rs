//! Addresses as people write them, taken apart.

use std::net::IpAddr;

use serde::Serialize;

/// Where an address leads: what a NetworkPolicy has to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::render) struct Endpoint {
    /// The host, an IPv6 address without brackets.
    host: String,
    /// The port; the scheme's default if the address has none.
    port: u16,
    /// The namespace of the Service that it names.
    namespace: Option<String>,
    /// The range that holds just the IP address that it names: `10.0.0.5/32`.
    range: Option<String>,
}

impl Endpoint {
    /// Splits an HTTP address; `None` if the text is not one.
    pub(in crate::render) fn of(address: &str) -> Option<Self> {
        let known = match address.split_once("://")?.0 {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let authority = authority(address);
        let host = host(authority);
        let port = match authority.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => port.parse().ok()?,
            _ => known,
        };
        let range =
            host.parse::<IpAddr>().ok().map(|ip| format!("{ip}/{}", if ip.is_ipv4() { 32 } else { 128 }));
        let service = host.strip_suffix(".cluster.local").unwrap_or(host).strip_suffix(".svc");
        let namespace =
            service.and_then(|name| name.split_once('.')).map(|(_, namespace)| namespace.to_owned());
        (!host.is_empty()).then(|| Self { host: host.to_owned(), port, namespace, range })
    }
}

/// Returns host and port of an address.
pub(in crate::render) fn authority(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Returns an authority without its port.
pub(in crate::render) fn host(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_where_it_leads() {
        for (address, host, port, namespace, range) in [
            (
                "http://alertmanager.monitoring.svc:9093",
                "alertmanager.monitoring.svc",
                9093,
                Some("monitoring"),
                None,
            ),
            ("https://a.b.svc.cluster.local/x?y", "a.b.svc.cluster.local", 443, Some("b"), None),
            ("http://alerts.lan", "alerts.lan", 80, None, None),
            ("http://10.0.0.5:80/", "10.0.0.5", 80, None, Some("10.0.0.5/32")),
            ("http://[fd00::1]:9093", "fd00::1", 9093, None, Some("fd00::1/128")),
            ("http://[fd00::1]", "fd00::1", 80, None, Some("fd00::1/128")),
        ] {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let (namespace, range) = (text(namespace), text(range));
            let expected = Endpoint { host: host.to_owned(), port, namespace, range };
            assert_eq!(Endpoint::of(address), Some(expected), "{address}");
        }
        for address in ["alerts.lan:9093", "ftp://a.lan", "http://", "http://a.lan:port"] {
            assert_eq!(Endpoint::of(address), None, "{address}");
        }
    }
}
