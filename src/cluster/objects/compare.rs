//! Compares two states of an object, field by field, without the fields that the API server and controllers write.

use serde::Serialize;
use serde_json::Value;

use super::json::text;

/// The fields that the API server and controllers write.
const NOT_OURS: &[&str] =
    &["metadata.managedFields", "metadata.resourceVersion", "metadata.generation", "metadata.uid", "status"];

/// The replacement for the values of a Secret.
const HIDDEN: &str = "(hidden)";

/// A field that differs, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Where it is: `spec.template.spec.containers[manager].image`.
    pub path: String,
    /// Its value before; `None` if it was missing. The values of a Secret are hidden.
    pub before: Option<Value>,
    /// Its value after; `None` if it is removed.
    pub after: Option<Value>,
}

/// Returns the differences between two states of an object.
pub(in crate::cluster) fn differences(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", Some(before), Some(after), &mut changes);
    if text(after, "/kind") == "Secret" {
        changes.iter_mut().filter(|change| is_secret(&change.path)).for_each(FieldChange::hide);
    }
    changes
}

/// Returns the wanted fields that an object lacks. Its other fields come from the API server or other owners.
pub(in crate::cluster) fn lacking(live: &Value, wanted: &Value) -> Vec<FieldChange> {
    differences(live, &overlaid(live, wanted))
}

/// Merges wanted fields over the live ones; a list replaces a list.
fn overlaid(live: &Value, wanted: &Value) -> Value {
    let (Value::Object(under), Value::Object(over)) = (live, wanted) else { return wanted.clone() };
    let mut both = under.clone();
    for (key, value) in over.iter().filter(|(_, value)| !value.is_null()) {
        let value = under.get(key).map_or_else(|| value.clone(), |under| overlaid(under, value));
        both.insert(key.clone(), value);
    }
    Value::Object(both)
}

fn is_secret(path: &str) -> bool {
    path.starts_with("data") || path.starts_with("stringData")
}

impl FieldChange {
    fn hide(&mut self) {
        for value in [&mut self.before, &mut self.after].into_iter().flatten() {
            *value = Value::from(HIDDEN);
        }
    }
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if before == after || NOT_OURS.contains(&path) {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                compare(&below(path, key), old.get(key), new.get(key), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => compare_lists(path, old, new, changes),
        _ => changes.push(FieldChange {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

/// Compares items by name if all have one, otherwise by position.
fn compare_lists(path: &str, old: &[Value], new: &[Value], changes: &mut Vec<FieldChange>) {
    let (Some(old_names), Some(new_names)) = (names(old), names(new)) else {
        for place in 0..old.len().max(new.len()) {
            compare(&format!("{path}[{place}]"), old.get(place), new.get(place), changes);
        }
        return;
    };
    let find = |names: &[&str], list: &'_ [Value], name: &str| {
        names.iter().position(|one| *one == name).and_then(|place| list.get(place).cloned())
    };
    let added = new_names.iter().filter(|name| !old_names.contains(name));
    for name in old_names.iter().chain(added) {
        let (before, after) = (find(&old_names, old, name), find(&new_names, new, name));
        compare(&format!("{path}[{name}]"), before.as_ref(), after.as_ref(), changes);
    }
}

/// Returns the names of a list's items, if they are unique.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> =
        items.iter().map(|item| text(item, "/name")).filter(|name| !name.is_empty()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    (sorted.len() == items.len()).then_some(names)
}

/// Puts a key with a dot or a slash in brackets.
fn below(path: &str, key: &str) -> String {
    match (path, key.contains(['.', '/'])) {
        (_, true) => format!("{path}[{key}]"),
        ("", false) => key.to_owned(),
        (_, false) => format!("{path}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(changes: &[FieldChange]) -> Vec<String> {
        let one = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
        changes
            .iter()
            .map(|change| format!("{}: {} -> {}", change.path, one(&change.before), one(&change.after)))
            .collect()
    }

    #[test]
    fn each_field_that_is_another_is_named() {
        let before = json!({
            "kind": "Deployment", "status": {"replicas": 1},
            "metadata": {"resourceVersion": "1", "labels": {"a": "b", "app.kubernetes.io/name": "x"}},
            "spec": {"replicas": 1, "containers": [{"name": "a", "image": "i:1"}, {"name": "b"}], "args": ["x"]},
        });
        let after = json!({
            "kind": "Deployment", "status": {"replicas": 2},
            "metadata": {"resourceVersion": "2", "labels": {"a": "b", "app.kubernetes.io/name": "y"}},
            "spec": {"replicas": 1, "containers": [{"name": "c"}, {"name": "a", "image": "i:2"}], "args": ["x", "z"]},
        });
        assert_eq!(
            lines(&differences(&before, &after)),
            [
                "metadata.labels[app.kubernetes.io/name]: \"x\" -> \"y\"",
                "spec.containers[a].image: \"i:1\" -> \"i:2\"",
                "spec.containers[b]: {\"name\":\"b\"} -> -",
                "spec.containers[c]: - -> {\"name\":\"c\"}",
                "spec.args[1]: - -> \"z\"",
            ]
        );
        assert_eq!(differences(&before, &before), []);
    }

    #[test]
    fn the_values_of_a_secret_are_hidden() {
        let secret = |value| json!({"kind": "Secret", "data": {"key": value}});
        assert_eq!(
            lines(&differences(&secret("b25l"), &secret("dHdv"))),
            ["data.key: \"(hidden)\" -> \"(hidden)\""]
        );
    }

    #[test]
    fn what_others_have_put_there_is_not_lacking() {
        let live = json!({"spec": {"a": 1, "default": true}, "status": {}});
        let wanted = json!({"spec": {"a": 2, "gone": null, "b": {"c": 1}}});
        assert_eq!(lines(&lacking(&live, &wanted)), ["spec.a: 1 -> 2", "spec.b: - -> {\"c\":1}"]);
    }
}
