//! The collector of Kubernetes metadata.

use serde_json::Value;

use super::super::rendered::Rendered;
use super::texts;

const NAME: &str = "k8s-metacollector";
/// What it watches, by API group.
///
/// See: falcosecurity/charts charts/k8s-metacollector/templates/clusterrole.yaml
const WATCHED: &[(&str, &[&str])] = &[
    ("", &["endpoints", "namespaces", "pods", "replicationcontrollers", "services"]),
    ("apps", &["daemonsets", "deployments", "replicasets"]),
    ("discovery.k8s.io", &["endpointslices"]),
];
/// Where it tells of its health.
const HEALTH: u64 = 8081;

pub fn problems(set: &Rendered) -> Vec<String> {
    let Some(deployment) = set.object("Deployment", NAME) else {
        return vec![format!(
            "there is no Deployment `{NAME}`: `k8smeta` has no server to ask, and its fields stay <NA>"
        )];
    };
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let mut problems = rights(set);
    if texts(&container["args"]).first() != Some(&"run") {
        problems
            .push(format!("`{NAME}` is started without `run`: it prints its help and ends, again and again"));
    }
    if deployment["spec"]["replicas"] != 1 {
        problems.push(format!("`{NAME}` has to be one"));
    }
    problems.extend(probe(container, "livenessProbe", "/healthz"));
    problems.extend(probe(container, "readinessProbe", "/readyz"));
    problems
}

/// What is bound to the account under which it runs has to cover what it watches.
fn rights(set: &Rendered) -> Vec<String> {
    let rules = set.object("ClusterRole", NAME).map(|role| &role["rules"]);
    let rules: Vec<_> = rules.and_then(Value::as_array).into_iter().flatten().collect();
    let may = |group: &str, resource: &str| {
        rules.iter().any(|rule| {
            texts(&rule["apiGroups"]).contains(&group)
                && texts(&rule["resources"]).contains(&resource)
                && ["get", "list", "watch"].iter().all(|verb| texts(&rule["verbs"]).contains(verb))
        })
    };
    let wanted = WATCHED.iter().flat_map(|(group, all)| all.iter().map(move |one| (*group, *one)));
    let title = |(group, resource): (&str, &str)| match group {
        "" => format!("`{NAME}` may not list `{resource}`, and stops"),
        group => format!("`{NAME}` may not list `{resource}.{group}`, and stops"),
    };
    let mut problems: Vec<_> = wanted.filter(|(group, one)| !may(group, one)).map(title).collect();
    let subjects = set.object("ClusterRoleBinding", NAME).map(|binding| &binding["subjects"][0]);
    if subjects.is_none_or(|one| one["name"] != NAME || one["namespace"] != "falco") {
        problems.push(format!("no ClusterRoleBinding gives `{NAME}` its rights"));
    }
    problems
}

fn probe(container: &Value, name: &str, path: &str) -> Option<String> {
    let asked = &container[name]["httpGet"];
    let port = match &asked["port"] {
        Value::String(name) => named(container, name).unwrap_or_default(),
        other => other.as_u64().unwrap_or_default(),
    };
    let fine = port == HEALTH && asked["path"] == path;
    (!fine).then(|| {
        format!(
            "`{name}` of `{NAME}` asks port {port} for {}, expected port {HEALTH} and {path}: 404",
            asked["path"]
        )
    })
}

fn named(container: &Value, name: &str) -> Option<u64> {
    let ports = container["ports"].as_array()?;
    ports.iter().find(|port| port["name"] == name)?["containerPort"].as_u64()
}
