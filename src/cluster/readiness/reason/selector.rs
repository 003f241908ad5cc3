//! Selects pods as their workload does.

use serde_json::Value;

use crate::cluster::objects::json::{list, text};

/// Writes the selector of a workload as a query has it.
pub(super) fn selector(workload: &Value) -> String {
    let mut terms = Vec::new();
    for (key, value) in
        workload.pointer("/spec/selector/matchLabels").and_then(Value::as_object).into_iter().flatten()
    {
        terms.push(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    for expression in list(workload, "/spec/selector/matchExpressions") {
        let key = text(expression, "/key");
        let values =
            list(expression, "/values").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",");
        terms.push(match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_are_written_as_queries_have_them() {
        let workload = json!({"spec": {"selector": {"matchLabels": {"a": "b"}, "matchExpressions": [
            {"key": "c", "operator": "In", "values": ["d", "e"]}, {"key": "f", "operator": "DoesNotExist"},
        ]}}});
        assert_eq!(selector(&workload), "a=b,c in (d,e),!f");
    }
}
