//! Reads objects as the API server sends them: JSON with fields that may be missing.

use serde_json::Value;

/// Returns the text at a JSON pointer; empty if it is missing.
pub(in crate::cluster) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the number at a JSON pointer; the API server leaves out what is zero.
pub(in crate::cluster) fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// Returns the list at a JSON pointer; empty if it is missing.
pub(in crate::cluster) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the status condition of a type.
pub(in crate::cluster) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
}
