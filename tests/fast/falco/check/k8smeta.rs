//! What the plugin `k8smeta` demands of its configuration, and whether it finds its collector.

use super::super::schemas::{K8SMETA_KEYS, K8SMETA_REQUIRED};
use super::{Falco, plugin};

const NODE: &str = "${FALCO_K8S_NODE_NAME}";

pub fn problems(falco: &Falco<'_>) -> Vec<String> {
    let Some(entry) = plugin(falco, "k8smeta") else { return Vec::new() };
    let init = &entry["init_config"];
    let Some(fields) = init.as_object() else { return vec!["`k8smeta` has no `init_config`".into()] };
    let mut problems = Vec::new();
    for key in K8SMETA_REQUIRED.iter().filter(|key| !fields.contains_key(**key)) {
        problems.push(format!("`init_config` of `k8smeta` lacks `{key}`"));
    }
    for key in fields.keys().filter(|key| !K8SMETA_KEYS.contains(&key.as_str())) {
        problems.push(format!("`k8smeta` has no option `{key}`"));
    }
    if fields.contains_key("nodeName") && init["nodeName"] != NODE {
        problems.push(format!(
            "`nodeName` is {}, expected `{NODE}`: each Falco asks for its own node",
            init["nodeName"]
        ));
    }
    problems.extend(collector(falco));
    problems
}

fn collector(falco: &Falco<'_>) -> Option<String> {
    let init = &plugin(falco, "k8smeta")?["init_config"];
    let (host, port) = (init["collectorHostname"].as_str()?, &init["collectorPort"]);
    let name = host.strip_suffix(".svc").and_then(|rest| rest.split_once('.')).map(|(name, _)| name);
    let service = name.and_then(|name| falco.set.object("Service", name));
    let Some(service) = service else {
        return Some(format!("no Service is called `{host}`, where `k8smeta` asks"));
    };
    let listens = service["spec"]["ports"].as_array()?.iter().any(|one| one["port"] == *port);
    (!listens).then(|| format!("the Service `{host}` has no port {port}, where `k8smeta` asks"))
}
