//! What the policies of the namespace let through. A connection needs both of its ends.

use serde_json::Value;

use super::super::rendered::Rendered;

pub fn problems(set: &Rendered) -> Vec<String> {
    let policies: Vec<_> = set.objects.iter().filter(|object| object["kind"] == "NetworkPolicy").collect();
    let mut problems = Vec::new();
    if !policies.iter().any(|policy| denies_all(policy)) {
        problems.push("no NetworkPolicy denies what the others do not allow".to_owned());
    }
    let mut inside = vec![("falco", "k8s-metacollector", 45000)];
    let mut scraped = vec![("falco", 8765), ("k8s-metacollector", 8080)];
    if set.object("Deployment", "falcosidekick").is_some() {
        inside.push(("falco", "falcosidekick", 2801));
        scraped.push(("falcosidekick", 2801));
    }
    for (from, to, port) in inside {
        let out = policies.iter().any(|policy| allows(policy, from, "egress", "to", Some(to), port));
        let into = policies.iter().any(|policy| allows(policy, to, "ingress", "from", Some(from), port));
        if !(out && into) {
            problems.push(format!("no NetworkPolicy lets `{from}` reach `{to}` on port {port}"));
        }
    }
    for (to, port) in scraped {
        if !policies.iter().any(|policy| allows(policy, to, "ingress", "from", None, port)) {
            problems.push(format!("no NetworkPolicy lets Prometheus reach `{to}` on port {port}"));
        }
    }
    if !policies.iter().any(|policy| allows(policy, "k8s-metacollector", "egress", "to", None, 6443)) {
        problems.push("no NetworkPolicy lets `k8s-metacollector` reach the API server".to_owned());
    }
    if !policies.iter().any(|policy| allows(policy, "falco", "egress", "to", None, 53)) {
        problems.push("no NetworkPolicy lets `falco` ask for names".to_owned());
    }
    problems
}

fn denies_all(policy: &Value) -> bool {
    let spec = &policy["spec"];
    let none = |field: &str| spec[field].as_array().is_none_or(Vec::is_empty);
    let both = super::texts(&spec["policyTypes"]).len() == 2;
    spec["podSelector"].as_object().is_some_and(serde_json::Map::is_empty)
        && both
        && none("ingress")
        && none("egress")
}

/// Tells whether a policy of these pods allows a direction and port; `peer` is the name of pods of this namespace, or
/// anybody else.
fn allows(policy: &Value, pods: &str, direction: &str, end: &str, peer: Option<&str>, port: u64) -> bool {
    let spec = &policy["spec"];
    let selected = &spec["podSelector"]["matchLabels"];
    if !selected.is_null() && selected["app.kubernetes.io/name"] != pods {
        return false;
    }
    spec[direction].as_array().into_iter().flatten().any(|rule| {
        let ports = rule["ports"].as_array().into_iter().flatten();
        ports.into_iter().any(|one| one["port"] == port)
            && match peer {
                None => true,
                Some(name) => rule[end].as_array().into_iter().flatten().any(|one| {
                    one["namespaceSelector"].is_null()
                        && one["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == name
                }),
            }
    })
}
