//! Where alerts go, and what they name.

use serde_json::Value;

use super::{Falco, texts};

/// What every alert about a container has to name.
const FIELDS: &[&str] =
    &["container.id", "container.name", "container.image.repository", "k8s.pod.name", "k8s.ns.name"];

pub fn problems(falco: &Falco<'_>) -> Vec<String> {
    let mut problems = fields(falco);
    problems.extend(http(falco));
    problems.extend(metrics(falco));
    problems
}

/// Every rule, upstream's too, has to name the container: only what `append_output` adds to all does that.
fn fields(falco: &Falco<'_>) -> Vec<String> {
    let entries = falco.config["append_output"].as_array().into_iter().flatten();
    let for_all = entries.filter(|entry| {
        let wanted = &entry["match"];
        wanted["rule"].is_null()
            && wanted["tags"].is_null()
            && (wanted["source"].is_null() || wanted["source"] == "syscall")
    });
    let added: Vec<&Value> = for_all.collect();
    let has = |field: &str| {
        added.iter().any(|entry| {
            let text = entry["extra_output"].as_str().unwrap_or_default();
            texts(&entry["extra_fields"]).contains(&field) || names(text, field)
        })
    };
    let missing = FIELDS.iter().filter(|field| !has(field));
    let problem = |field: &&str| {
        format!(
            "no rule of upstream's shows `{field}`: Falco puts into `output_fields` only what is asked for"
        )
    };
    missing.map(problem).collect()
}

/// Tells whether a text of output names a field.
fn names(text: &str, field: &str) -> bool {
    let part = |letter: char| letter.is_alphanumeric() || letter == '.' || letter == '_';
    text.split('%').skip(1).any(|rest| rest.split(|letter| !part(letter)).next() == Some(field))
}

fn http(falco: &Falco<'_>) -> Vec<String> {
    let output = &falco.config["http_output"];
    let mut problems = Vec::new();
    let deployed = falco.set.object("Deployment", "falcosidekick").is_some();
    match (output["enabled"] == true, deployed) {
        (true, false) => problems.push("`http_output` is on, and there is no falcosidekick".to_owned()),
        (false, true) => return vec!["falcosidekick is there, and `http_output` is off".to_owned()],
        (false, false) => return problems,
        (true, true) => {}
    }
    if falco.config["json_output"] != true {
        problems.push("`json_output` is off: falcosidekick reads nothing else".to_owned());
    }
    if output["url"] != "http://falcosidekick.falco.svc:2801/" {
        problems.push(format!("`http_output.url` is {}, where no server listens", output["url"]));
    }
    problems
}

fn metrics(falco: &Falco<'_>) -> Option<String> {
    let config = &falco.config;
    let on =
        config["metrics"]["enabled"] == true && config["webserver"]["prometheus_metrics_enabled"] == true;
    (!on).then(|| "Prometheus gets nothing without both `metrics.enabled` and `webserver.prometheus_metrics_enabled`".to_owned())
}
