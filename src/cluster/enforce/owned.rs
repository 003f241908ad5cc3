//! Extracts the fields that this tool has applied of an object, so that one of them can be changed.
//!
//! A server-side apply gives up the fields that it leaves out. To change one field, all others must be sent unchanged.
//! See: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use serde_json::{Map, Value};

use crate::cluster::change::found::Found;
use crate::cluster::objects::id::ObjectId;

/// Returns the fields that this tool has applied of an object, with their live values; `None` if there are none, or if they
/// are inside lists whose items have keys.
pub(in crate::cluster) fn applied(id: &ObjectId, object: &Value) -> Option<Value> {
    let fields = Found::of(object).fields?;
    let mut applied = taken(object, &fields)?;
    let bare = id.bare();
    for place in ["apiVersion", "kind"] {
        applied[place] = bare[place].clone();
    }
    for (key, value) in bare["metadata"].as_object()? {
        applied["metadata"][key] = value.clone();
    }
    applied.is_object().then_some(applied)
}

/// Takes the fields that a set of fields names: `{"f:spec": {"f:replicas": {}}}`. An empty set stands for the whole value.
/// See: `FieldsV1` in the API reference of `meta/v1`.
fn taken(value: &Value, fields: &Value) -> Option<Value> {
    let fields = fields.as_object()?;
    let mut named = fields.iter().filter(|(name, _)| *name != ".").peekable();
    if named.peek().is_none() && !fields.contains_key(".") {
        return Some(value.clone());
    }
    let mut object = Map::new();
    for (name, below) in named {
        let key = name.strip_prefix("f:")?;
        if let Some(value) = value.as_object()?.get(key) {
            object.insert(key.to_owned(), taken(value, below)?);
        }
    }
    Some(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn id() -> ObjectId {
        ObjectId::cluster_wide(
            "constraints.gatekeeper.sh/v1beta1",
            "K8sRequiredLabels",
            "k8srequiredlabels",
            "require-labels",
        )
    }

    fn object(fields: Value) -> Value {
        json!({
            "apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "K8sRequiredLabels",
            "metadata": {
                "name": "require-labels", "uid": "u", "labels": {"app.kubernetes.io/managed-by": "bundle", "team": "theirs"},
                "managedFields": [
                    {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}}}}},
                    {"manager": "bundle", "operation": "Apply", "fieldsV1": fields},
                ],
            },
            "spec": {"enforcementAction": "warn", "match": {"kinds": [{"kinds": ["Pod"]}]}, "default": 1},
            "status": {"totalViolations": 3},
        })
    }

    #[test]
    fn only_what_was_applied_is_taken() {
        let fields = json!({
            "f:metadata": {"f:labels": {"f:app.kubernetes.io/managed-by": {}}},
            "f:spec": {"f:enforcementAction": {}, "f:match": {".": {}, "f:kinds": {}}, "f:gone": {}},
        });
        let expected = json!({
            "apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "K8sRequiredLabels",
            "metadata": {"name": "require-labels", "labels": {"app.kubernetes.io/managed-by": "bundle"}},
            "spec": {"enforcementAction": "warn", "match": {"kinds": [{"kinds": ["Pod"]}]}},
        });
        assert_eq!(applied(&id(), &object(fields)), Some(expected));
    }

    #[test]
    fn what_cannot_be_taken_is_not_guessed_at() {
        for fields in [
            json!({"f:spec": {"f:match": {"f:kinds": {"k:{\"name\":\"a\"}": {}}}}}),
            json!({"f:spec": {"f:match": {"f:kinds": {"v:\"a\"": {}}}}}),
            json!("all"),
        ] {
            assert_eq!(applied(&id(), &object(fields.clone())), None, "{fields}");
        }
        assert_eq!(applied(&id(), &json!({"metadata": {}})), None);
    }
}
