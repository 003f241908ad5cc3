//! The site's own rules, which are read after upstream's.

use serde_json::Value;

use super::Falco;

/// See: falcosecurity/falco userspace/engine/falco_common.cpp
const PRIORITIES: &[&str] =
    &["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFORMATIONAL", "DEBUG"];
/// What a rule has to say.
const REQUIRED: &[&str] = &["desc", "condition", "output", "priority", "tags"];

pub fn problems(falco: &Falco<'_>) -> Vec<String> {
    let Some(items) = falco.rules.as_array() else { return vec!["the site's rules are no list".to_owned()] };
    items.iter().flat_map(item).collect()
}

fn item(item: &Value) -> Vec<String> {
    let Some(name) = item["rule"].as_str() else {
        let fine = item["macro"].is_string() && item["condition"].is_string();
        return if fine { Vec::new() } else { vec![format!("{item} is neither a rule nor a macro")] };
    };
    let missing = REQUIRED.iter().filter(|key| item[**key].is_null());
    let mut problems: Vec<_> = missing.map(|key| format!("rule `{name}` lacks `{key}`")).collect();
    // A change of upstream's rule breaks, or is lost, with the rule.
    if !item["override"].is_null() || !item["append"].is_null() {
        problems.push(format!("rule `{name}` depends on a rule of upstream's"));
    }
    if !PRIORITIES.contains(&item["priority"].as_str().unwrap_or_default()) {
        problems.push(format!("rule `{name}` has no priority of Falco's"));
    }
    if item["source"] != "syscall" {
        problems.push(format!("rule `{name}` has no source, to which the fields of containers belong"));
    }
    problems
}
