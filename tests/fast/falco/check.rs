//! Finds what would keep Falco from starting, or let it start and see nothing.

mod collector;
mod configuration;
mod container;
mod conversion;
mod files;
mod init_config;
mod k8smeta;
mod network;
mod outputs;
mod pod;
mod rules;
mod versions;

use serde_json::Value;

use super::rendered::Rendered;

/// What Falco reads at its start, and where it runs.
pub struct Falco<'a> {
    /// Everything that was rendered.
    pub set: &'a Rendered,
    /// `falco.yaml`, merged with what the image's `config.d` adds where that is seen.
    pub config: Value,
    /// `falco.yaml` as written, with the name of a node in it.
    pub written: conversion::Node,
    /// The rules of the site.
    pub rules: Value,
    /// The pod specification of the DaemonSet.
    pub pod: &'a Value,
    /// Its only container.
    pub container: &'a Value,
}

/// Returns every problem of a rendered set, in plain words.
pub fn problems(set: &Rendered) -> Vec<String> {
    let mut problems = versions::problems(set);
    problems.extend(collector::problems(set));
    problems.extend(network::problems(set));
    match files::read(set) {
        Ok(falco) => {
            problems.extend(configuration::problems(&falco));
            problems.extend(container::problems(&falco));
            problems.extend(init_config::problems(&falco.written));
            problems.extend(k8smeta::problems(&falco));
            problems.extend(outputs::problems(&falco));
            problems.extend(pod::problems(&falco));
            problems.extend(rules::problems(&falco));
        }
        Err(problem) => problems.push(problem),
    }
    problems
}

/// Returns the texts of a list; anything else is none.
fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns the entry of `plugins` that counts for a name: the first.
fn plugin<'a>(falco: &'a Falco<'_>, name: &str) -> Option<&'a Value> {
    falco.config["plugins"].as_array()?.iter().find(|entry| entry["name"] == name)
}
