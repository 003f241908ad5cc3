//! Reads how Gatekeeper enforces at the site.

use super::super::decode::Decoder;
use super::super::node::Node;
use super::super::site::{SiteGatekeeper, SiteRegistry};
use super::fields::{enforcement, patterns, texts};
use super::policies::{decode_policies, default_policies};

pub(super) fn decode_gatekeeper(
    decoder: &mut Decoder,
    node: Option<&Node>,
    registry: &SiteRegistry,
) -> SiteGatekeeper {
    let mut gatekeeper = SiteGatekeeper::default();
    let mut policies = None;
    if let Some(node) = node {
        let known = ["enforcement", "exemptNamespaces", "exemptImages", "policies"];
        let fields = decoder.fields(node, "`gatekeeper`", &known);
        gatekeeper.enforcement = enforcement(decoder, &fields).unwrap_or_default();
        gatekeeper.exempt_namespaces = patterns(decoder, &fields, "exemptNamespaces");
        gatekeeper.exempt_images = texts(decoder, &fields, "exemptImages");
        policies = fields.optional("policies");
    }
    gatekeeper.policies = match policies {
        Some(node) => decode_policies(decoder, node, &gatekeeper, registry),
        None => default_policies(&gatekeeper, registry),
    };
    gatekeeper
}
