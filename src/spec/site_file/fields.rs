//! Fields that several parts of a site file have.

use super::super::decode::{Decoder, Fields};
use super::super::node::Node;
use super::super::site::Enforcement;
use super::names::is_namespace_pattern;

const ENFORCEMENT: &[(&str, Enforcement)] =
    &[("warn", Enforcement::Warn), ("dryrun", Enforcement::Dryrun), ("deny", Enforcement::Deny)];

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

/// Returns the texts; each one that is not `good` is a fault with a hint.
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
