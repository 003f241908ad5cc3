//! Reads which policies hold at the site.

use super::super::decode::{Decoder, Fields, closest};
use super::super::node::{Node, Value};
use super::super::site::{Enforcement, SiteGatekeeper, SitePolicy, SiteRegistry};
use super::fields::{checked, enforcement, patterns, texts};
use super::names::{LABEL_KEY, is_label_key};

/// The parameters of a policy, besides its match.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Nothing,
    /// Labels, with the default if the site names none.
    Labels(&'static [&'static str]),
    Registries,
}

/// The known policies, and whether each is on if the site names none.
const POLICIES: &[(&str, Takes, bool)] = &[
    ("deny-privileged-containers", Takes::Nothing, true),
    ("require-labels", Takes::Labels(&["app.kubernetes.io/name"]), true),
    ("require-container-limits", Takes::Nothing, true),
    ("block-latest-tag", Takes::Nothing, true),
    ("require-internal-registry", Takes::Registries, false),
    ("require-app-labels", Takes::Labels(&["app", "tier"]), false),
    ("require-resources", Takes::Nothing, false),
];

/// Tells whether a policy that a site can name has this name.
pub(super) fn is_policy(name: &str) -> bool {
    POLICIES.iter().any(|(known, ..)| *known == name)
}

/// Returns the policies of a site that names none.
pub(super) fn default_policies(site: &SiteGatekeeper, registry: &SiteRegistry) -> Vec<SitePolicy> {
    let held = POLICIES.iter().filter(|(.., held)| *held);
    held.map(|(name, takes, _)| default_policy(name, *takes, site, registry)).collect()
}

pub(super) fn decode_policies(
    decoder: &mut Decoder,
    node: &Node,
    site: &SiteGatekeeper,
    registry: &SiteRegistry,
) -> Vec<SitePolicy> {
    let mut policies: Vec<SitePolicy> = Vec::new();
    for node in decoder.list(node, "`policies`") {
        let Some(policy) = decode_policy(decoder, node, site, registry) else { continue };
        if policies.iter().any(|other| other.name == policy.name) {
            decoder.fault(
                node.place,
                format!("policy `{}` is listed twice", policy.name),
                "keep one of the two",
            );
        }
        policies.push(policy);
    }
    policies
}

fn default_policy(name: &str, takes: Takes, site: &SiteGatekeeper, registry: &SiteRegistry) -> SitePolicy {
    let labels = if let Takes::Labels(labels) = takes { labels } else { &[] };
    let prefix = if registry.prefix.is_empty() { String::new() } else { format!("{}/", registry.prefix) };
    let registries = (takes == Takes::Registries).then(|| format!("{}/{prefix}", registry.address));
    SitePolicy {
        name: name.to_owned(),
        enforcement: site.enforcement,
        namespaces: Vec::new(),
        exempt_namespaces: site.exempt_namespaces.clone(),
        exempt_images: site.exempt_images.clone(),
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        registries: registries.into_iter().collect(),
    }
}

fn decode_policy(
    decoder: &mut Decoder,
    node: &Node,
    site: &SiteGatekeeper,
    registry: &SiteRegistry,
) -> Option<SitePolicy> {
    let known =
        ["name", "enforcement", "namespaces", "exemptNamespaces", "exemptImages", "labels", "registries"];
    let fields = decoder.fields(node, "a policy", &known);
    let own = Own {
        enforcement: enforcement(decoder, &fields),
        namespaces: patterns(decoder, &fields, "namespaces"),
        exempt_namespaces: patterns(decoder, &fields, "exemptNamespaces"),
        exempt_images: texts(decoder, &fields, "exemptImages"),
    };
    let (name, takes) = decode_name(decoder, &fields)?;
    let mut policy = default_policy(name, takes, site, registry);
    policy.enforcement = own.enforcement.unwrap_or(site.enforcement);
    policy.namespaces = own.namespaces;
    add(&mut policy.exempt_namespaces, own.exempt_namespaces);
    add(&mut policy.exempt_images, own.exempt_images);
    if let Some(labels) = own_list(decoder, &fields, "labels", (name, matches!(takes, Takes::Labels(_)))) {
        policy.labels = checked(decoder, labels, "a label's name", is_label_key, |_| LABEL_KEY.to_owned());
    }
    if let Some(beginnings) = own_list(decoder, &fields, "registries", (name, takes == Takes::Registries)) {
        let hint = |text: &str| format!("end it with a slash, or it also allows longer names: `{text}/`");
        let whole = |text: &str| text.len() > 1 && text.ends_with('/');
        policy.registries = checked(decoder, beginnings, "the beginning of an image's name", whole, hint);
    }
    Some(policy)
}

/// What any policy can say for itself.
struct Own {
    enforcement: Option<Enforcement>,
    namespaces: Vec<String>,
    exempt_namespaces: Vec<String>,
    exempt_images: Vec<String>,
}

fn add(site: &mut Vec<String>, own: Vec<String>) {
    for text in own {
        if !site.contains(&text) {
            site.push(text);
        }
    }
}

fn decode_name(decoder: &mut Decoder, fields: &Fields<'_>) -> Option<(&'static str, Takes)> {
    let node = fields.required(decoder, "name", "block-latest-tag")?;
    let text = decoder.text(node, "`name`")?;
    let found = POLICIES.iter().find(|(name, ..)| *name == text);
    if found.is_none() {
        let names: Vec<_> = POLICIES.iter().map(|(name, ..)| *name).collect();
        let hint = match closest(&text, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", names.join(", ")),
        };
        decoder.fault(node.place, format!("unknown policy `{text}`"), hint);
    }
    found.map(|(name, takes, _)| (*name, *takes))
}

/// Returns the items of a list that only some policies take; an empty one would make the policy demand nothing.
fn own_list<'n>(
    decoder: &mut Decoder,
    fields: &Fields<'n>,
    field: &str,
    (policy, taken): (&str, bool),
) -> Option<&'n [Node]> {
    let node = fields.optional(field)?;
    let items = decoder.list(node, &format!("`{field}`"));
    if !taken {
        let message = format!("policy `{policy}` takes no `{field}`");
        decoder.fault(node.place, message, "remove the field");
    } else if items.is_empty() && matches!(node.value, Value::List(_)) {
        let message = format!("`{field}` is empty");
        decoder.fault(node.place, message, format!("name some, or leave `{field}` out for the default"));
    }
    taken.then_some(items)
}
