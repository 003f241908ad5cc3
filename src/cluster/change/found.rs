//! A live object as it was found: whose it is, and whether it has what is to be applied.

use serde_json::{Value, json};

use crate::cluster::objects::json::{list, text};
use crate::cluster::objects::labels::{FIELD_MANAGER, MANAGED_BY, PART_OF};
use crate::cluster::record::applyset;

/// A live object.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Found {
    pub(in crate::cluster) uid: String,
    /// Whether this tool has applied fields of it.
    pub(in crate::cluster) ours: bool,
    pub(in crate::cluster) deleting: bool,
    /// Whether it has everything that is to be applied.
    pub(in crate::cluster) holds: bool,
    /// Whether it has the labels of objects that this tool created.
    pub(in crate::cluster) labelled: bool,
    /// The object itself, if it was looked up to be compared.
    pub(in crate::cluster) live: Value,
    /// The fields that are ours.
    pub(in crate::cluster) fields: Option<Value>,
}

impl Found {
    pub(in crate::cluster) fn of(object: &Value) -> Self {
        let fields = list(object, "/metadata/managedFields")
            .iter()
            .find(|entry| text(entry, "/manager") == FIELD_MANAGER && text(entry, "/operation") == "Apply")
            .map(|entry| entry["fieldsV1"].clone());
        Self {
            uid: text(object, "/metadata/uid").to_owned(),
            ours: fields.is_some(),
            deleting: object.pointer("/metadata/deletionTimestamp").is_some(),
            holds: false,
            labelled: is_labelled(object),
            live: Value::Null,
            fields,
        }
    }

    /// Keeps the object, too.
    pub(in crate::cluster) fn compared(object: Value) -> Self {
        let found = Self::of(&object);
        Self { live: object, ..found }
    }

    /// Keeps the object, and compares it with what is to be applied.
    pub(in crate::cluster) fn against(wanted: &Value, object: Value) -> Self {
        Self { holds: contains(&object, wanted), ..Self::compared(object) }
    }
}

/// Tells whether an object has every value of another one. If the API server writes a value in another way it has not:
/// then the object is applied again, and nothing changes.
fn contains(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => wanted.iter().all(|(key, wanted)| {
            wanted.is_null() || live.get(key).is_some_and(|live| contains(live, wanted))
        }),
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| contains(live, wanted))
        }
        _ => live == wanted,
    }
}

/// Returns an object with our labels: the managing tool, unless the object names another, and our ApplySet.
pub(super) fn labelled(object: &Value) -> Value {
    let mut object = managed(object);
    object["metadata"]["labels"][PART_OF] = Value::from(applyset::id());
    object
}

/// Returns an object with the label of the managing tool, unless it has one.
pub(super) fn managed(object: &Value) -> Value {
    let mut object = object.clone();
    if !object["metadata"]["labels"].is_object() {
        object["metadata"]["labels"] = json!({});
    }
    if let Some(labels) = object["metadata"]["labels"].as_object_mut() {
        labels.entry(MANAGED_BY).or_insert_with(|| Value::from(FIELD_MANAGER));
    }
    object
}

fn is_labelled(object: &Value) -> bool {
    let labels = &object["metadata"]["labels"];
    labels[MANAGED_BY].is_string() && labels[PART_OF].as_str() == Some(&applyset::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_contains_what_it_says_and_defaults_do_not_matter() {
        let live = json!({"a": 1, "b": {"c": "d", "default": true}, "list": [{"x": 1, "y": 2}]});
        for (wanted, contained) in [
            (json!({"a": 1, "b": {"c": "d"}}), true),
            (json!({"a": 1, "creationTimestamp": null}), true),
            (json!({"list": [{"x": 1}]}), true),
            (json!({"list": []}), false),
            (json!({"b": {"c": "e"}}), false),
            (json!({"z": 1}), false),
        ] {
            assert_eq!(contains(&live, &wanted), contained, "{wanted}");
        }
    }
}
