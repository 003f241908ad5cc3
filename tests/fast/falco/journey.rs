//! The ten problems of Lumen's first deployment, each put back: each is refused, in words that name it.

use serde_json::json;

use super::rendered::Rendered;

#[test]
fn problem_1_wrong_cri_engine_is_refused() {
    let wrong = Rendered::lumen().plugin("container", |init| {
        init["engines"]["cri"] =
            json!({"enabled": false, "sockets": ["/run/k3s/containerd/containerd.sock"]});
        init["engines"]["containerd"] =
            json!({"enabled": true, "sockets": ["/run/k3s/containerd/containerd.sock"]});
    });
    wrong.has(&[
        "engine `cri` is off, only `containerd` on: no other understands the kubelet's cgroups, and every container counts as the host",
    ]);
}

#[test]
fn problem_1_a_socket_of_another_platform_is_refused() {
    let wrong = Rendered::lumen().plugin("container", |init| {
        init["engines"]["cri"]["sockets"] = json!(["/run/containerd/containerd.sock"]);
    });
    wrong.has(&[
        "engine `cri` asks `/run/containerd/containerd.sock`, expected `/run/k3s/containerd/containerd.sock`",
    ]);
    let unmounted = Rendered::lumen().container("DaemonSet", "falco", |container| {
        let mounts = container["volumeMounts"].as_array_mut().expect("mounts");
        mounts.retain(|mount| mount["name"] != "containerd");
    });
    unmounted.has(&["the node's `/run/k3s/containerd` is not mounted at `/host/run/k3s/containerd`"]);
}

#[test]
fn problem_2_missing_k8smeta_is_refused() {
    let unloaded = Rendered::lumen().configured(|config| config["load_plugins"] = json!(["container"]));
    unloaded.has(&["plugin `k8smeta` is not loaded: its fields stay <NA>"]);
    let alone = Rendered::lumen().without("Deployment", "k8s-metacollector");
    alone.has(&[
        "there is no Deployment `k8s-metacollector`: `k8smeta` has nobody to ask, and its fields stay <NA>",
    ]);
    let lost =
        Rendered::lumen().plugin("k8smeta", |init| init["collectorHostname"] = json!("collector.falco.svc"));
    lost.has(&["no Service is called `collector.falco.svc`, where `k8smeta` asks"]);
}

#[test]
fn problem_3_incompatible_k8smeta_is_refused() {
    Rendered::lumen().version("k8smeta", "0.2.1").has(&[
        "`k8smeta` 0.2.1 requires event schema 3.0.0, which is not compatible with 4.1.0 of Falco 0.43.0",
    ]);
    Rendered::homelab().version("falco", "0.41.3").has(&[
        "`k8smeta` 0.4.1 requires event schema 4.0.0, which is not compatible with 3.6.1 of Falco 0.41.3",
        "`container` 0.7.1 requires event schema 4.0.0, which is not compatible with 3.6.1 of Falco 0.41.3",
    ]);
}

#[test]
fn problem_4_metacollector_without_its_subcommand_is_refused() {
    let wrong = Rendered::lumen()
        .container("Deployment", "k8s-metacollector", |container| drop(container["args"].take()));
    wrong
        .has(&["`k8s-metacollector` is started without `run`: it prints its help and ends, again and again"]);
}

#[test]
fn problem_4_an_init_container_that_copies_the_plugin_is_refused() {
    let copying = json!([{"name": "k8smeta", "image": "k8smeta-plugin", "command": ["cp", "/libk8smeta.so", "/plugins/"]}]);
    let wrong = Rendered::lumen().pod("DaemonSet", "falco", |pod| pod["initContainers"] = copying);
    wrong.has(&[
        "an init container brings plugins: it needs `cp` of an image that may have none; the composed image has them",
    ]);
}

#[test]
fn problem_5_missing_rights_are_refused() {
    let mut wrong = Rendered::lumen();
    wrong.object_mut("ClusterRole", "k8s-metacollector")["rules"] = json!([
        {"apiGroups": [""], "resources": ["namespaces", "pods", "replicationcontrollers", "services"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["apps"], "resources": ["daemonsets", "deployments", "replicasets"], "verbs": ["get", "list", "watch"]},
    ]);
    wrong.has(&[
        "`k8s-metacollector` may not list `endpoints`, and stops",
        "`k8s-metacollector` may not list `endpointslices.discovery.k8s.io`, and stops",
    ]);
    Rendered::lumen()
        .without("ClusterRoleBinding", "k8s-metacollector")
        .has(&["no ClusterRoleBinding gives `k8s-metacollector` its rights"]);
}

#[test]
fn problem_6_a_probe_of_the_metrics_port_is_refused() {
    let wrong = Rendered::lumen().container("Deployment", "k8s-metacollector", |container| {
        container["ports"] = json!([{"name": "health-probe", "containerPort": 8080}]);
        container["readinessProbe"]["httpGet"]["port"] = json!(8081);
    });
    wrong.has(&[
        "`livenessProbe` of `k8s-metacollector` asks port 8080 for \"/healthz\", expected port 8081 and /healthz: 404",
    ]);
}

#[test]
fn problem_7_missing_network_policies_are_refused() {
    let mut wrong = Rendered::homelab();
    wrong.objects.retain(|object| object["kind"] != "NetworkPolicy");
    wrong.has(&[
        "no NetworkPolicy denies what the others do not allow",
        "no NetworkPolicy lets `falco` reach `k8s-metacollector` on port 45000",
        "no NetworkPolicy lets `falco` reach `falcosidekick` on port 2801",
        "no NetworkPolicy lets Prometheus reach `falco` on port 8765",
        "no NetworkPolicy lets Prometheus reach `k8s-metacollector` on port 8080",
        "no NetworkPolicy lets Prometheus reach `falcosidekick` on port 2801",
        "no NetworkPolicy lets `k8s-metacollector` reach the API server",
        "no NetworkPolicy lets `falco` ask for names",
    ]);
}

#[test]
fn problem_7_one_end_of_a_connection_is_not_enough() {
    for policy in ["falco-to-metacollector", "metacollector-from-falco"] {
        Rendered::lumen()
            .without("NetworkPolicy", policy)
            .has(&["no NetworkPolicy lets `falco` reach `k8s-metacollector` on port 45000"]);
    }
}

#[test]
fn problem_8_disabled_collectors_are_refused() {
    let wrong =
        Rendered::lumen().plugin("container", |init| init["engines"]["cri"]["enabled"] = json!(false));
    wrong.has(&["every engine is off: the plugin is loaded, and finds no container"]);
}

#[test]
fn problem_9_a_plugin_without_an_entry_is_refused() {
    let wrong = Rendered::lumen().configured(|config| {
        config["plugins"].as_array_mut().expect("plugins").retain(|plugin| plugin["name"] != "container");
    });
    wrong.has(&[
        "plugin `container` is loaded, but has no entry in `plugins`: `plugin config not found for given name`",
    ]);
}

#[test]
fn problem_9_a_plugin_that_the_image_loads_too_is_refused() {
    let drop_ins = json!(["/etc/falco/config.d"]);
    let wrong = Rendered::lumen().configured(|config| config["config_files"] = drop_ins.clone());
    wrong.has(&["plugin `container` is loaded twice: `found another plugin with name container`"]);
    // Left to the image alone it is loaded once.
    let other = Rendered::lumen().configured(|config| {
        config["config_files"] = drop_ins;
        config["load_plugins"] = json!(["k8smeta"]);
    });
    other.has(&[]);
}

#[test]
fn problem_9_an_empty_init_config_is_refused() {
    Rendered::lumen()
        .plugin("container", |init| *init = json!({}))
        .has(&["`init_config` of `container` is `{}`, which its schema refuses: null or a whole object"]);
    Rendered::lumen().plugin("container", |init| *init = json!(null)).has(&[]);
}

#[test]
fn problem_10_alerts_that_name_no_container_are_refused() {
    let wrong = Rendered::lumen().configured(|config| config["append_output"] = json!([]));
    let problem = |field: &str| {
        format!(
            "no rule of upstream's shows `{field}`: Falco puts into `output_fields` only what is asked for"
        )
    };
    let fields =
        ["container.id", "container.name", "container.image.repository", "k8s.pod.name", "k8s.ns.name"];
    let expected = fields.map(problem);
    wrong.has(&expected.each_ref().map(String::as_str));
}

#[test]
fn problem_10_fields_for_one_rule_are_not_enough() {
    let wrong = Rendered::lumen().configured(|config| {
        config["append_output"][0]["match"]["rule"] = json!("Contact K8S API Server From Container");
    });
    assert_eq!(super::check::problems(&wrong).len(), 5);
}
