//! Mistakes in a configuration: `check` finds each one.

use serde_json::{Value, json};

use super::check::problems;
use super::rendered::Rendered;

#[test]
fn keys_that_falco_does_not_have_are_refused() {
    let wrong = Rendered::lumen().configured(|config| {
        config["grpc"] = json!({"enabled": false});
        config["jsonOutput"] = json!(true);
        config["engine"]["ebpf"] = json!({"probe": "x"});
        config["metrics"]["enable"] = json!(true);
    });
    wrong.has(&[
        "`grpc` is no key of Falco any more: 0.44 has removed it",
        "`jsonOutput` is no key of Falco",
        "`engine.ebpf` is no key of Falco any more: 0.44 has removed it",
        "`metrics.enable` is no key of Falco",
    ]);
}

#[test]
fn an_engine_that_needs_a_download_is_refused() {
    Rendered::lumen()
        .configured(|config| config["engine"]["kind"] = json!("kmod"))
        .has(&["engine `kmod` has to be built or downloaded on the node: only `modern_ebpf` does not"]);
}

#[test]
fn the_strict_form_of_engines_is_asked_for() {
    let wrong = Rendered::lumen().plugin("container", |init| {
        init["socket"] = json!("x");
        init["engines"]["lxc"].take();
        init["engines"]["docker"] = json!({"enabled": false});
    });
    wrong.has(&[
        "`container` has no option `socket`",
        "engine `docker` lacks `sockets`, which plugins before 0.6.4 demand even when it is off",
        "engine `lxc` is not there: with `engines`, all seven have to be",
        "`init_config` of `container` has `engines.lxc: null`, which Falco hands on as null: expected a map with entries",
    ]);
}

/// Asserts the faults of one value in the `init_config` of a plugin, with each Falco that is shipped.
fn refused(plugin: &str, at: &str, value: &Value, said: &str) {
    let problem = format!("`init_config` of `{plugin}` has `{said}");
    for set in [Rendered::homelab(), Rendered::lumen()] {
        let wrong = set.plugin(plugin, |init| *init.pointer_mut(at).expect(at) = value.clone());
        let found = problems(&wrong);
        assert!(found.contains(&problem), "{at} {value}: {problem}: {found:?}");
    }
}

#[test]
fn what_falco_turns_into_null_is_refused() {
    let list = "which Falco hands on as null: expected a list with entries";
    for engine in ["containerd", "docker", "podman"] {
        let at = format!("/engines/{engine}/sockets");
        refused("container", &at, &json!([]), &format!("engines.{engine}.sockets: []`, {list}"));
    }
    refused("container", "/hooks", &json!([]), &format!("hooks: []`, {list}"));
    let map = "which Falco hands on as null: expected a map with entries";
    refused("container", "/engines", &json!({}), &format!("engines: {{}}`, {map}"));
    refused("container", "/engines/bpm", &json!({}), &format!("engines.bpm: {{}}`, {map}"));
    let null = |expected: &str| format!("null`, which Falco hands on as null: expected {expected}");
    refused("container", "/with_size", &json!(null), &format!("with_size: {}", null("true or false")));
    refused("k8smeta", "/nodeName", &json!(null), &format!("nodeName: {}", null("a text")));
    let words = "one of trace, debug, info, warning, error, critical";
    refused("k8smeta", "/verbosity", &json!(null), &format!("verbosity: {}", null(words)));
    let text = "`, which Falco hands on as null: expected a text";
    refused("k8smeta", "/collectorHostname", &json!(".inf"), &format!("collectorHostname: .inf{text}"));
}

#[test]
fn what_falco_turns_into_another_type_is_refused() {
    let handed =
        |value: &str, expected: &str| format!("which Falco hands on as {value}: expected {expected}");
    for (name, value) in [("17", "17"), ("0x1f", "31"), ("1e3", "1000.0"), ("no", "false")] {
        let said = format!("nodeName: {name}`, {}", handed(value, "a text"));
        refused("k8smeta", "/nodeName", &json!(name), &said);
    }
    let said = format!("collectorPort: grpc`, {}", handed("\"grpc\"", "a whole number"));
    refused("k8smeta", "/collectorPort", &json!("grpc"), &said);
    let said = format!("engines.cri.enabled: 1`, {}", handed("1", "true or false"));
    refused("container", "/engines/cri/enabled", &json!(1), &said);
    let said = format!("engines.docker.sockets[1]: 7`, {}", handed("7", "a text"));
    refused("container", "/engines/docker/sockets", &json!(["/run/a.sock", "7"]), &said);
    let said =
        format!("engines.docker.sockets: /run/a.sock`, {}", handed("\"/run/a.sock\"", "a list with entries"));
    refused("container", "/engines/docker/sockets", &json!("/run/a.sock"), &said);
    let words = "one of trace, debug, info, warn, error";
    refused(
        "container",
        "/log_level",
        &json!("off"),
        &format!("log_level: off`, {}", handed("false", words)),
    );
}

#[test]
fn a_text_that_falco_turns_into_what_is_wanted_is_taken() {
    let fine = Rendered::lumen().plugin("container", |init| {
        init["label_max_len"] = json!("100");
        init["with_size"] = json!("off");
    });
    fine.has(&[]);
}

#[test]
fn an_empty_value_for_any_other_plugin_is_refused() {
    let wrong = Rendered::lumen().configured(|config| {
        let json =
            json!({"name": "json", "library_path": "libjson.so", "init_config": {"a": {"b": [[], 1]}}});
        config["plugins"].as_array_mut().expect("plugins").push(json);
    });
    let said = "`init_config` of `json` has `a.b[0]: []`, which Falco hands on as null: expected a value";
    wrong.has(&[said]);
}

#[test]
fn k8smeta_takes_nothing_that_it_does_not_know() {
    let wrong = Rendered::lumen().plugin("k8smeta", |init| {
        *init = json!({"collectorHostname": "k8s-metacollector.falco.svc", "collectorPort": 5, "hostProc": "/host"});
    });
    wrong.has(&[
        "`init_config` of `k8smeta` lacks `nodeName`",
        "`k8smeta` has no option `hostProc`",
        "the Service `k8s-metacollector.falco.svc` has no port 5, where `k8smeta` asks",
    ]);
    Rendered::lumen().plugin("k8smeta", |init| init["nodeName"] = json!("node-1")).has(&[
        "`nodeName` is \"node-1\", expected `${FALCO_K8S_NODE_NAME}`: each Falco asks for its own node",
    ]);
}

#[test]
fn alerts_and_who_takes_them_go_together() {
    Rendered::homelab()
        .configured(|config| config["json_output"] = json!(false))
        .has(&["`json_output` is off: falcosidekick reads nothing else"]);
    Rendered::homelab()
        .configured(|config| config["http_output"] = json!({"enabled": false}))
        .has(&["falcosidekick is there, and `http_output` is off"]);
    let output = json!({"enabled": true, "url": "http://falcosidekick.falco.svc:2801/"});
    Rendered::lumen()
        .configured(|config| config["http_output"] = output)
        .has(&["`http_output` is on, and there is no falcosidekick"]);
}

#[test]
fn a_pod_that_does_not_see_its_node_is_refused() {
    let wrong = Rendered::homelab().container("DaemonSet", "falco", |container| {
        container["env"] = json!([{"name": "HOST_ROOT", "value": "/"}]);
        container["image"] = json!("docker.io/falcosecurity/falco:0.44.1");
        container["securityContext"]["capabilities"]["add"] = json!(["BPF", "PERFMON", "SYS_PTRACE"]);
    });
    wrong.has(&[
        "HOST_ROOT is not /host, below which the node's paths are mounted",
        "FALCO_K8S_NODE_NAME is not the name of the node",
        "FALCO_HOSTNAME is not the name of the node",
        "modern_ebpf needs SYS_RESOURCE where it is not privileged",
        "the image is not the composed one, and lacks `libk8smeta.so`",
    ]);
}

#[test]
fn a_volume_over_what_the_image_brings_is_refused() {
    let plugins = json!({"name": "plugins", "mountPath": "/usr/share/falco/plugins"});
    let wrong = Rendered::lumen().container("DaemonSet", "falco", |container| {
        container["volumeMounts"].as_array_mut().expect("mounts").push(plugins);
    });
    wrong.has(&["a volume hides /usr/share/falco/plugins, where the image has its plugins"]);
}

#[test]
fn a_namespace_that_refuses_falco_and_a_configuration_that_does_not_arrive_are_refused() {
    let mut wrong = Rendered::lumen();
    wrong.object_mut("Namespace", "falco")["metadata"]["labels"] = json!({});
    wrong.object_mut("DaemonSet", "falco")["spec"]["template"]["metadata"]["annotations"] = Value::Null;
    wrong.has(&[
        "the namespace `falco` does not admit pods that see their node",
        "no annotation holds a checksum of the configuration, which would never reach the pods",
    ]);
}

#[test]
fn rules_that_depend_on_upstreams_are_refused() {
    let wrong = Rendered::lumen().ruled(|rules| {
        *rules = json!([
            {"macro": "x"},
            {"rule": "Terminal shell in container", "output": "x", "override": {"output": "append"}, "priority": "HIGH"},
        ]);
    });
    wrong.has(&[
        "{\"macro\":\"x\"} is neither a rule nor a macro",
        "rule `Terminal shell in container` lacks `desc`",
        "rule `Terminal shell in container` lacks `condition`",
        "rule `Terminal shell in container` lacks `tags`",
        "rule `Terminal shell in container` depends on a rule of upstream's",
        "rule `Terminal shell in container` has no priority of Falco's",
        "rule `Terminal shell in container` has no source, to which the fields of containers belong",
    ]);
}
