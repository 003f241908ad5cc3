//! What Kubernetes takes as a name, a label or a pattern.

use super::super::decode::Decoder;
use super::super::node::{Node, Value};
use super::super::site::Labels;

/// Reads an RFC 1123 label, which is also what a namespace's name is.
pub(super) fn decode_label(decoder: &mut Decoder, node: &Node, what: &str) -> Option<String> {
    let name = decoder.text(node, "`name`")?;
    if !is_label(&name) {
        let hint = "use lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends";
        decoder.fault(node.place, format!("`{name}` is not {what}"), hint);
    }
    Some(name)
}

/// Reads the name of a Secret.
pub(super) fn decode_secret(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let name = decoder.text(node, "`secret`")?;
    if !is_subdomain(&name) {
        let hint = "write the name of a Secret in the cluster: lower-case letters, digits, `-` and `.`";
        decoder.fault(node.place, format!("`{name}` is not a Secret's name"), hint);
    }
    Some(name)
}

/// Reads the labels that select pods.
pub(super) fn decode_labels(decoder: &mut Decoder, node: &Node) -> Labels {
    let Value::Map(entries) = &node.value else {
        decoder.fields(node, "`pods`", &[]);
        return Labels::new();
    };
    if entries.is_empty() {
        decoder.fault(
            node.place,
            "`pods` is empty",
            "write labels: {app: redis}; or leave `pods` out for every pod",
        );
    }
    let mut labels = Labels::new();
    for (key, node) in entries {
        if !is_label_key(&key.name) {
            decoder.fault(key.place, format!("`{}` is not a label's name", key.name), LABEL_KEY);
        }
        let empty = matches!(&node.value, Value::Text(text) if text.is_empty());
        let what = format!("the label `{}`", key.name);
        let value = if empty { Some(String::new()) } else { decoder.text(node, &what) };
        let Some(value) = value else { continue };
        if !is_label_value(&value) {
            let hint =
                "use letters, digits, `-`, `_` and `.`, at most 63, with a letter or digit at both ends";
            decoder.fault(node.place, format!("`{value}` cannot be the value of {what}"), hint);
        }
        labels.insert(key.name.clone(), value);
    }
    labels
}

/// What to write for the name of a label.
pub(super) const LABEL_KEY: &str = "write a name of at most 63 letters, digits, `-`, `_` and `.`, after a domain and a slash if need be: app.kubernetes.io/name";

// See: RFC 1123 labels, as Kubernetes demands them of a namespace
fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 63 && text.bytes().all(inner) && has_ends(text)
}

fn is_subdomain(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 253 && text.split('.').all(|part| part.bytes().all(inner) && has_ends(part))
}

fn has_ends(text: &str) -> bool {
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.iter().all(|end| end.is_some_and(|byte| byte.is_ascii_alphanumeric()))
}

// See: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
pub(super) fn is_label_key(text: &str) -> bool {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_subdomain) && !name.is_empty() && is_label_value(name)
}

fn is_label_value(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.is_empty() || (text.len() <= 63 && text.bytes().all(inner) && has_ends(text))
}

/// Returns whether Gatekeeper takes the text in the lists of namespaces of a constraint's `match`.
// See: https://open-policy-agent.github.io/gatekeeper/website/docs/howto/ (`namespaces`, `excludedNamespaces`)
pub(super) fn is_namespace_pattern(text: &str) -> bool {
    let rest = text.strip_prefix('*').unwrap_or(text);
    let rest = rest.strip_suffix('*').unwrap_or(rest);
    let start = if rest.len() < text.len() { rest.trim_start_matches('-') } else { rest };
    is_label(start.trim_end_matches(|byte| byte == '-' && text.ends_with('*')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_kubernetes_takes() {
        let long = "a".repeat(64);
        for (text, label, subdomain, key, value) in [
            ("lumen", true, true, true, true),
            ("a-1", true, true, true, true),
            ("A_b.c", false, false, true, true),
            ("a.b", false, true, true, true),
            ("app.kubernetes.io/name", false, false, true, false),
            ("a_b/name", false, false, false, false),
            ("a/b/c", false, false, false, false),
            ("a/", false, false, false, false),
            ("-a", false, false, false, false),
            ("a..b", false, false, true, true),
            ("", false, false, false, true),
            (&long, false, true, false, false),
        ] {
            let found = (is_label(text), is_subdomain(text), is_label_key(text), is_label_value(text));
            assert_eq!(found, (label, subdomain, key, value), "{text}");
        }
    }

    #[test]
    fn namespaces_are_matched_by_patterns_with_stars_at_the_ends() {
        for good in ["lumen", "kube-*", "*-system", "*be*", "a*"] {
            assert!(is_namespace_pattern(good), "{good}");
        }
        for bad in ["", "*", "k*be", "Kube", "kube-", "-system"] {
            assert!(!is_namespace_pattern(bad), "{bad}");
        }
    }
}
