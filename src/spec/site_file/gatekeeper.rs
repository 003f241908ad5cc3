//! Reads how Gatekeeper enforces at the site.

use super::super::decode::{Decoder, Fields};
use super::super::node::Node;
use super::super::site::{Enforcement, SiteGatekeeper, SiteRegistry};
use super::names::is_namespace_pattern;
use super::policies::{decode_policies, default_policies};

const ENFORCEMENT: &[(&str, Enforcement)] =
    &[("warn", Enforcement::Warn), ("dryrun", Enforcement::Dryrun), ("deny", Enforcement::Deny)];

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

pub(super) fn enforcement(decoder: &mut Decoder, fields: &Fields<'_>) -> Option<Enforcement> {
    fields.optional("enforcement").and_then(|node| decoder.choice(node, "`enforcement`", ENFORCEMENT))
}

pub(super) fn texts(decoder: &mut Decoder, fields: &Fields<'_>, name: &str) -> Vec<String> {
    fields.optional(name).map(|node| decoder.texts(node, &format!("`{name}`"))).unwrap_or_default()
}

pub(super) fn patterns(decoder: &mut Decoder, fields: &Fields<'_>, name: &str) -> Vec<String> {
    let items =
        fields.optional(name).map(|node| decoder.list(node, &format!("`{name}`"))).unwrap_or_default();
    let hint = |_: &str| "write a namespace's name, with `*` at an end for any rest: kube-*".to_owned();
    checked(decoder, items, "a pattern for namespaces", is_namespace_pattern, hint)
}

/// Returns texts that are good; of each that is not, it is said what to write.
pub(super) fn checked(
    decoder: &mut Decoder,
    items: &[Node],
    what: &str,
    good: impl Fn(&str) -> bool,
    hint: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut texts = Vec::new();
    for item in items {
        let Some(text) = decoder.text(item, what) else { continue };
        if !good(&text) {
            decoder.fault(item.place, format!("`{text}` is not {what}"), hint(&text));
        }
        texts.push(text);
    }
    texts
}
