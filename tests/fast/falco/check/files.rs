//! What Falco reads: the files that are mounted, and those of the image that they leave in sight.

use serde_json::{Value, json};

use super::super::rendered::Rendered;
use super::conversion::Node;
use super::{Falco, texts};

const CONFIG: &str = "/etc/falco/falco.yaml";
const LOCAL_RULES: &str = "/etc/falco/falco_rules.local.yaml";
const DROP_INS: &str = "/etc/falco/config.d";

/// Reads it all together.
pub fn read(set: &Rendered) -> Result<Falco<'_>, String> {
    let daemon_set = set.object("DaemonSet", "falco").ok_or("there is no DaemonSet `falco`")?;
    let pod = &daemon_set["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let text = |path: &str| -> Result<&str, String> {
        text_at(set, pod, container, path).ok_or(format!("nothing is mounted at `{path}`"))
    };
    let mounted = |path: &str| -> Result<Value, String> {
        serde_saphyr::from_str(text(path)?).map_err(|error| format!("`{path}` is no YAML: {error}"))
    };
    let mut config = mounted(CONFIG)?;
    if texts(&config["config_files"]).contains(&DROP_INS) && !hidden(container, DROP_INS) {
        merge_drop_in(&mut config);
    }
    let written = Node::read(text(CONFIG)?).map_err(|error| format!("`{CONFIG}` is no YAML: {error}"))?;
    let written = written.expanded(&|_| Some("node-1".to_owned()));
    Ok(Falco { set, config, written, rules: mounted(LOCAL_RULES)?, pod, container })
}

/// Returns the text of a file that a ConfigMap puts at a path of the container.
fn text_at<'a>(set: &'a Rendered, pod: &Value, container: &Value, path: &str) -> Option<&'a str> {
    let mounts = container["volumeMounts"].as_array()?;
    let mount = mounts.iter().find(|mount| mount["mountPath"] == path)?;
    let volume = pod["volumes"].as_array()?.iter().find(|volume| volume["name"] == mount["name"])?;
    let map = set.object("ConfigMap", volume["configMap"]["name"].as_str()?)?;
    map["data"][mount["subPath"].as_str()?].as_str()
}

/// Tells whether a volume lies over a folder of the image.
pub fn hidden(container: &Value, folder: &str) -> bool {
    let mut mounts = container["volumeMounts"].as_array().into_iter().flatten();
    mounts.any(|mount| {
        let path = mount["mountPath"].as_str().unwrap_or_default().trim_end_matches('/');
        folder == path || folder.starts_with(&format!("{path}/"))
    })
}

/// Adds what `config.d` of the image holds: lists are appended to.
///
/// See: falcosecurity/falco config/falco.container_plugin.yaml, the same in 0.43.0 and 0.44.1
fn merge_drop_in(config: &mut Value) {
    match config["load_plugins"].as_array_mut() {
        Some(plugins) => plugins.push(json!("container")),
        None => config["load_plugins"] = json!(["container"]),
    }
}
