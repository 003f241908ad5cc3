//! The types that plugins demand, of what Falco really gives them.
//!
//! A value of another type stops Falco at its start: `error in plugin container init config: In <root>[engines][containerd][sockets],
//! Value type not permitted by 'type' constraint. Exiting.` The types are the same in all versions that are shipped.
//!
//! See: falcosecurity/plugins plugins/container/src/plugin_config_schema.h at container/v0.6.1 and v0.7.1,
//! plugins/k8smeta/src/plugin.cpp at k8smeta/v0.4.1; falcosecurity/libs userspace/libsinsp/plugin.cpp, `validate_config_json_schema`

use serde_json::Value;

use super::conversion::Node;

/// What a schema wants somewhere.
enum Shape {
    Text,
    Integer,
    Truth,
    OneOf(&'static [&'static str]),
    List(&'static Shape),
    Map(&'static [(&'static str, Shape)]),
}

const SIMPLE: Shape = Shape::Map(&[("enabled", Shape::Truth)]);
const SOCKETS: Shape = Shape::Map(&[("enabled", Shape::Truth), ("sockets", Shape::List(&Shape::Text))]);
const ENGINES: Shape = Shape::Map(&[
    ("bpm", SIMPLE),
    ("containerd", SOCKETS),
    ("cri", SOCKETS),
    ("docker", SOCKETS),
    ("libvirt_lxc", SIMPLE),
    ("lxc", SIMPLE),
    ("podman", SOCKETS),
]);
const CONTAINER: Shape = Shape::Map(&[
    ("engines", ENGINES),
    ("hooks", Shape::List(&Shape::OneOf(&["create", "start"]))),
    ("label_max_len", Shape::Integer),
    ("log_level", Shape::OneOf(&["trace", "debug", "info", "warn", "error"])),
    ("with_size", Shape::Truth),
]);
const K8SMETA: Shape = Shape::Map(&[
    ("caPEMBundle", Shape::Text),
    ("collectorHostname", Shape::Text),
    ("collectorPort", Shape::Integer),
    ("nodeName", Shape::Text),
    ("verbosity", Shape::OneOf(&["trace", "debug", "info", "warning", "error", "critical"])),
]);

/// Finds the values of every `init_config` that its plugin refuses.
pub fn problems(config: &Node) -> Vec<String> {
    let Some(Node::List(plugins)) = config.get("plugins") else { return Vec::new() };
    let given = plugins.iter().filter_map(|plugin| {
        let init = plugin.get("init_config").filter(|init| !init.json().is_null())?;
        Some((plugin.get("name")?.to_string(), init))
    });
    let judge = |(name, init): (String, &Node)| match name.as_str() {
        "container" => CONTAINER.problems(&name, "", init),
        "k8smeta" => K8SMETA.problems(&name, "", init),
        _ => empty(&name, "", init),
    };
    given.flat_map(judge).collect()
}

impl Shape {
    fn problems(&self, plugin: &str, path: &str, node: &Node) -> Vec<String> {
        let json = node.json();
        match (self, node) {
            (Self::List(shape), Node::List(items)) if !items.is_empty() => {
                let each = (0..).zip(items);
                each.flat_map(|(at, item)| shape.problems(plugin, &format!("{path}[{at}]"), item)).collect()
            }
            (Self::Map(shapes), Node::Map(entries)) if !entries.is_empty() => entries
                .iter()
                .flat_map(|(key, value)| {
                    let path = below(path, key);
                    match shapes.iter().find(|(name, _)| name == key) {
                        Some((_, shape)) => shape.problems(plugin, &path, value),
                        None => Vec::new(), // an unknown key is refused elsewhere
                    }
                })
                .collect(),
            _ if self.takes(&json) => Vec::new(),
            _ => vec![refused(plugin, path, node, &self.name())],
        }
    }

    /// Tells whether a scalar fits.
    fn takes(&self, json: &Value) -> bool {
        match self {
            Self::Text => json.is_string(),
            // The library that reads it counts 100.0, too.
            Self::Integer => {
                json.as_f64().is_some_and(|n| n.fract() == 0.0 && n.abs() <= f64::from(i32::MAX))
            }
            Self::Truth => json.is_boolean(),
            Self::OneOf(words) => json.as_str().is_some_and(|word| words.contains(&word)),
            Self::List(_) | Self::Map(_) => false,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Integer => "a whole number".to_owned(),
            Self::Truth => "true or false".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::List(_) => "a list with entries".to_owned(),
            Self::Map(_) => "a map with entries".to_owned(),
        }
    }
}

/// Of a plugin that is not known here, nothing may get lost on the way.
fn empty(plugin: &str, path: &str, node: &Node) -> Vec<String> {
    match node {
        Node::List(items) if !items.is_empty() => {
            (0..).zip(items).flat_map(|(at, item)| empty(plugin, &format!("{path}[{at}]"), item)).collect()
        }
        Node::Map(entries) if !entries.is_empty() => {
            entries.iter().flat_map(|(key, value)| empty(plugin, &below(path, key), value)).collect()
        }
        node if node.json().is_null() => vec![refused(plugin, path, node, "a value")],
        _ => Vec::new(),
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn refused(plugin: &str, path: &str, node: &Node, expected: &str) -> String {
    let json = node.json();
    format!(
        "`init_config` of `{plugin}` has `{path}: {node}`, which Falco hands on as {json}: expected {expected}"
    )
}
