//! Reads the address for alerts, and the scanner's settings.

use super::super::decode::Decoder;
use super::super::host::is_host;
use super::super::node::Node;
use super::super::site::{SiteAlerting, SiteTrivy};
use super::names::decode_secret;

pub(super) fn decode_alerting(decoder: &mut Decoder, node: &Node) -> Option<SiteAlerting> {
    let fields = decoder.fields(node, "`alerting`", &["alertmanager", "secret"]);
    let secret = fields.optional("secret").and_then(|node| decode_secret(decoder, node));
    let example = "http://alertmanager.monitoring.svc:9093";
    let node = fields.required(decoder, "alertmanager", example)?;
    let alertmanager = decoder.text(node, "`alertmanager`")?;
    if !is_address(&alertmanager) {
        let hint = format!("write scheme, host and port, without a password: {example}");
        decoder.fault(node.place, format!("`{alertmanager}` is not an Alertmanager's address"), hint);
    }
    // Falcosidekick joins address and path unchanged, and Alertmanager has no path that begins with two slashes.
    let alertmanager = alertmanager.trim_end_matches('/').to_owned();
    Some(SiteAlerting { alertmanager, secret })
}

fn is_address(text: &str) -> bool {
    text.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|authority| is_host(authority.as_str()))
            && uri.query().is_none()
    })
}

pub(super) fn decode_trivy(decoder: &mut Decoder, node: &Node) -> SiteTrivy {
    let fields = decoder.fields(node, "`trivy`", &["secret"]);
    SiteTrivy { secret: fields.optional("secret").and_then(|node| decode_secret(decoder, node)) }
}
