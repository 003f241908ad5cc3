//! The keys of `falco.yaml`, and which plugins it loads.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::schemas::{CONFIG_KEYS, ENGINE_KEYS, METRICS_KEYS, REMOVED_IN_0_44};
use super::files::hidden;
use super::{Falco, plugin, texts};

const PLUGINS_FOLDER: &str = "/usr/share/falco/plugins";

pub fn problems(falco: &Falco<'_>) -> Vec<String> {
    let mut problems = keys(falco);
    problems.extend(engine(falco));
    problems.extend(plugins(falco));
    problems
}

fn keys(falco: &Falco<'_>) -> Vec<String> {
    let unknown = |value: &Value, path: &str, known: &[&str]| -> Vec<String> {
        let fields = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let problem = |key: &str| match REMOVED_IN_0_44.contains(&key) {
            true => format!("`{path}{key}` is no key of Falco any more: 0.44 has removed it"),
            false => format!("`{path}{key}` is no key of Falco"),
        };
        fields.filter(|key| !known.contains(key)).map(problem).collect()
    };
    let mut problems = unknown(&falco.config, "", CONFIG_KEYS);
    problems.extend(unknown(&falco.config["engine"], "engine.", ENGINE_KEYS));
    problems.extend(unknown(&falco.config["metrics"], "metrics.", METRICS_KEYS));
    problems
}

fn engine(falco: &Falco<'_>) -> Option<String> {
    let kind = falco.config["engine"]["kind"].as_str().unwrap_or("kmod");
    let problem =
        || format!("engine `{kind}` has to be built or downloaded on the node: only `modern_ebpf` does not");
    (kind != "modern_ebpf").then(problem)
}

fn plugins(falco: &Falco<'_>) -> Vec<String> {
    let loaded = texts(&falco.config["load_plugins"]);
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for name in &loaded {
        if !seen.insert(*name) {
            problems
                .push(format!("plugin `{name}` is loaded twice: `found another plugin with name {name}`"));
        } else if plugin(falco, name).is_none() {
            problems.push(format!("plugin `{name}` is loaded, but has no entry in `plugins`: `plugin config not found for given name`"));
        }
    }
    for name in ["container", "k8smeta"] {
        if !seen.contains(name) {
            problems.push(format!("plugin `{name}` is not loaded: its fields stay <NA>"));
        }
        let library = plugin(falco, name).map(|entry| &entry["library_path"]);
        if library.is_some_and(|path| *path != format!("lib{name}.so")) {
            problems.push(format!("plugin `{name}` is `lib{name}.so` in {PLUGINS_FOLDER}"));
        }
    }
    if hidden(falco.container, PLUGINS_FOLDER) {
        problems.push(format!("a volume hides {PLUGINS_FOLDER}, where the image has its plugins"));
    }
    problems
}
