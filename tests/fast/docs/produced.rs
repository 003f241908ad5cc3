//! Which fields a JSON output has, by path; what occurs in many outputs is documented once, under a name of its own.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Adds the fields of an output.
pub fn produced(value: &Value, found: &mut BTreeSet<String>) {
    visit(value, "", "", found);
}

fn visit(value: &Value, field: &str, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let path = shape(field, fields).unwrap_or(path);
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                found.insert(path.clone());
                if !is_opaque(&path) {
                    visit(value, name, &path, found);
                }
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| visit(item, field, &format!("{path}[]"), found));
        }
        _ => {}
    }
}

/// Values of objects in the cluster can be anything.
fn is_opaque(path: &str) -> bool {
    [".before", ".after", ".now", ".installed"]
        .iter()
        .any(|end| path.contains("fields[]") && path.ends_with(end))
}

/// Returns the name under which a mapping is documented.
fn shape(field: &str, fields: &Map<String, Value>) -> Option<&'static str> {
    let has = |names: &[&str]| names.iter().all(|name| fields.contains_key(*name));
    let shapes: [(&str, bool); 11] = [
        ("CLAIM", ["by", "claimed"].contains(&field)),
        ("ROLLBACK", field == "rollback"),
        ("CHANGE", has(&["name", "what"])),
        ("SIGNATURE", has(&["form"])),
        ("OBJECT", has(&["kind", "resource", "name"])),
        ("FINDING", has(&["severity", "subject"])),
        ("POLICY", has(&["name", "action", "audit"])),
        ("AUDIT", has(&["total", "violations"])),
        ("PROBE", has(&["verdict", "status"])),
        ("REVISION", has(&["version", "digest"]) && fields.get("bundle").is_some_and(Value::is_string)),
        ("COUNTS", has(&["created", "pruned"])),
    ];
    shapes.iter().find(|(_, fits)| *fits).map(|(name, _)| *name)
}
