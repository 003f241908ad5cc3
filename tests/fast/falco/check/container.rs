//! What the plugin `container` demands of its configuration, and what it needs to see a container at all.

use serde_json::Value;

use super::super::schemas::{CONTAINER_KEYS, ENGINES, SOCKET_ENGINES};
use super::{Falco, plugin, texts};

pub fn problems(falco: &Falco<'_>) -> Vec<String> {
    let Some(entry) = plugin(falco, "container") else { return Vec::new() };
    let init = &entry["init_config"];
    let Some(fields) = init.as_object() else {
        let null = init.is_null() || init == "";
        return if null {
            Vec::new()
        } else {
            vec!["`init_config` of `container` has to be null or an object".into()]
        };
    };
    if fields.is_empty() {
        return vec![
            "`init_config` of `container` is `{}`, which its schema refuses: null or a whole object".into(),
        ];
    }
    let unknown = fields.keys().filter(|key| !CONTAINER_KEYS.contains(&key.as_str()));
    let mut problems: Vec<_> = unknown.map(|key| format!("`container` has no option `{key}`")).collect();
    if let Some(engines) = fields.get("engines") {
        problems.extend(schema(engines));
        problems.extend(seen(falco, engines));
    }
    problems
}

/// The strict form, which every version of the plugin takes.
fn schema(engines: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for name in ENGINES {
        let engine = &engines[name];
        if !engine["enabled"].is_boolean() {
            problems.push(format!("engine `{name}` is not there: with `engines`, all seven have to be"));
        } else if SOCKET_ENGINES.contains(name) && !engine["sockets"].is_array() {
            problems.push(format!(
                "engine `{name}` lacks `sockets`, which plugins before 0.6.4 demand even when it is off"
            ));
        }
    }
    problems
}

/// Whether containers can be found on this platform.
fn seen(falco: &Falco<'_>, engines: &Value) -> Vec<String> {
    let on: Vec<_> = ENGINES.iter().copied().filter(|name| engines[*name]["enabled"] == true).collect();
    if on.is_empty() {
        return vec!["every engine is off: the plugin is loaded, and finds no container".into()];
    }
    let mut problems = Vec::new();
    if !on.contains(&"cri") {
        let on = on.join("`, `");
        problems.push(format!("engine `cri` is off, only `{on}` on: no other understands the kubelet's cgroups, and every container counts as the host"));
        return problems;
    }
    let sockets = texts(&engines["cri"]["sockets"]);
    if sockets != [falco.set.socket] {
        let found = sockets.join("`, `");
        problems.push(format!("engine `cri` asks `{found}`, expected `{}`", falco.set.socket));
    }
    problems
}
