//! Lists in pages, by labels and fields, as the API server answers them.

use serde_json::{Value, json};

use crate::cluster::objects::json::{list, text};

/// Leaves in a list what a query asks for.
pub(super) fn page(mut answer: Value, query: &str) -> Value {
    let items: Vec<Value> =
        list(&answer, "/items").iter().filter(|item| selects(query, item)).cloned().collect();
    let number = |key| parameter(query, key).parse::<usize>().ok();
    let (from, limit) = (number("continue").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
    let end = from.saturating_add(limit).min(items.len());
    if end < items.len() {
        answer["metadata"] = json!({"continue": end.to_string()});
    }
    answer["items"] = json!(items.get(from..end).unwrap_or_default());
    answer
}

/// Returns a parameter of a query, decoded; empty when it is not there.
pub(super) fn parameter(query: &str, key: &str) -> String {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let (mut decoded, mut rest) = (String::new(), value.unwrap_or_default());
    while let Some((before, after)) = rest.split_once('%') {
        let code = u8::from_str_radix(&after[..2], 16).expect("two digits");
        decoded.push_str(before);
        decoded.push(char::from(code));
        rest = &after[2..];
    }
    decoded + rest
}

fn selects(query: &str, item: &Value) -> bool {
    let labels = |key: &str| {
        item.pointer("/metadata/labels")
            .map_or("", |labels| labels.get(key).and_then(Value::as_str).unwrap_or_default())
    };
    let fields = |path: &str| text(item, &format!("/{}", path.replace('.', "/"))).to_owned();
    parameter(query, "labelSelector").split(',').all(|term| holds(term, |key| labels(key).to_owned()))
        && parameter(query, "fieldSelector").split(',').all(|term| holds(term, fields))
}

fn holds(term: &str, value: impl Fn(&str) -> String) -> bool {
    match (term.split_once("!="), term.split_once('=')) {
        (Some((key, other)), _) => value(key) != other,
        (None, Some((key, same))) => value(key) == same,
        (None, None) => true,
    }
}
