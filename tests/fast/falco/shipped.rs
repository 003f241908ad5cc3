//! What is shipped is without a problem, and fits what it was made for.

use serde_json::{Value, json};

use super::rendered::{Rendered, shipped_site};

#[test]
fn the_shipped_layers_have_no_problem_on_either_site() {
    Rendered::homelab().has(&[]);
    Rendered::lumen().has(&[]);
}

#[test]
fn every_object_lives_in_the_namespace_falco() {
    for set in [Rendered::homelab(), Rendered::lumen()] {
        for object in &set.objects {
            let kind = object["kind"].as_str().expect("a kind");
            if !["Namespace", "ClusterRole", "ClusterRoleBinding"].contains(&kind) {
                assert_eq!(object["metadata"]["namespace"], "falco", "{kind} {}", object["metadata"]["name"]);
            }
        }
    }
}

#[test]
fn only_falco_itself_would_need_a_privileged_namespace() {
    let set = Rendered::homelab();
    for (kind, name) in [("Deployment", "k8s-metacollector"), ("Deployment", "falcosidekick")] {
        let pod = &set.object(kind, name).expect(name)["spec"]["template"]["spec"];
        let context = &pod["containers"][0]["securityContext"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(context["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}), "{name}");
        assert!(pod["volumes"].is_null() && pod["hostNetwork"].is_null(), "{name}");
    }
    let sidekick = &set.object("Deployment", "falcosidekick").expect("it")["spec"]["template"]["spec"];
    assert_eq!(sidekick["securityContext"]["runAsUser"], 1234);
}

#[test]
fn falco_is_privileged_only_where_its_capabilities_do_not_do() {
    let context = |set: &Rendered| {
        let falco = set.object("DaemonSet", "falco").expect("it");
        falco["spec"]["template"]["spec"]["containers"][0]["securityContext"].clone()
    };
    assert_eq!(context(&Rendered::lumen()), json!({"privileged": true}));
    let talos = context(&Rendered::homelab());
    assert_eq!(talos["privileged"], Value::Null);
    assert_eq!(talos["capabilities"]["drop"], json!(["ALL"]));
}

#[test]
fn each_configuration_has_a_checksum_of_its_own() {
    let checksum = |set: Rendered| {
        let falco = set.object("DaemonSet", "falco").expect("it");
        falco["spec"]["template"]["metadata"]["annotations"]["checksum/config"].clone()
    };
    let (homelab, lumen) = (checksum(Rendered::homelab()), checksum(Rendered::lumen()));
    assert_ne!(homelab, lumen);
    assert_eq!(lumen, checksum(Rendered::lumen()));
}

#[test]
fn every_workload_bears_the_labels_that_the_policies_ask_for() {
    for set in [Rendered::homelab(), Rendered::lumen()] {
        for object in set.objects.iter().filter(|object| object["spec"]["template"].is_object()) {
            let name = &object["metadata"]["name"];
            for labels in [&object["metadata"]["labels"], &object["spec"]["template"]["metadata"]["labels"]] {
                for label in ["app", "tier", "app.kubernetes.io/name"] {
                    assert!(labels[label].is_string(), "{name} lacks `{label}`");
                }
            }
            let container = &object["spec"]["template"]["spec"]["containers"][0];
            for field in ["/requests/cpu", "/requests/memory", "/limits/cpu", "/limits/memory"] {
                assert!(container["resources"].pointer(field).is_some(), "{name} lacks {field}");
            }
        }
    }
}

/// Returns falcosidekick's settings on a site with this alerting section, and where it may connect.
fn alerting(section: &str) -> (Value, Value, Option<Value>) {
    let site = shipped_site("homelab.yaml");
    let without = site.split("\nalerting:").next().expect("a part");
    let set = Rendered::of("homelab.yaml", &format!("{without}\n{section}"));
    let deployment = set.object("Deployment", "falcosidekick").expect("it");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let policy = set.object("NetworkPolicy", "falcosidekick-to-alertmanager");
    (container["env"].clone(), container["envFrom"].clone(), policy.map(|one| one["spec"]["egress"].clone()))
}

#[test]
fn alerts_go_where_the_site_says() {
    let section =
        "alerting: {alertmanager: 'http://alertmanager.monitoring.svc:9093', secret: alertmanager-login}\n";
    let (env, from, egress) = alerting(section);
    assert_eq!(
        env[0],
        json!({"name": "ALERTMANAGER_HOSTPORT", "value": "http://alertmanager.monitoring.svc:9093"})
    );
    assert_eq!(env[1], json!({"name": "ALERTMANAGER_ENDPOINT", "value": "/api/v2/alerts"}));
    assert_eq!(from, json!([{"secretRef": {"name": "alertmanager-login"}}]));
    let to = json!([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]);
    assert_eq!(egress, Some(json!([{"ports": [{"protocol": "TCP", "port": 9093}], "to": to}])));
}

// See: falcosecurity/falcosidekick outputs/alertmanager.go at 2.34.1: address and endpoint are concatenated
#[test]
fn a_slash_at_the_end_of_the_address_is_not_doubled() {
    let (env, ..) = alerting("alerting: {alertmanager: 'http://alerts.lan:9093/prefix/'}\n");
    assert_eq!(env[0]["value"], "http://alerts.lan:9093/prefix");
    assert_eq!(env[1]["value"], "/api/v2/alerts");
}

#[test]
fn an_alertmanager_outside_is_reached_by_its_address_or_its_port() {
    let egress = |address: &str| alerting(&format!("alerting: {{alertmanager: '{address}'}}\n")).2;
    let ports = json!([{"protocol": "TCP", "port": 9093}]);
    let to = json!([{"ipBlock": {"cidr": "10.0.0.9/32"}}]);
    assert_eq!(egress("http://10.0.0.9:9093"), Some(json!([{"ports": ports, "to": to}])));
    assert_eq!(egress("http://alerts.lan:9093"), Some(json!([{"ports": ports}])));
}

#[test]
fn a_site_without_alerting_counts_its_alerts_and_opens_nothing() {
    assert_eq!(alerting(""), (Value::Null, Value::Null, None));
}

#[test]
fn a_policy_that_would_refuse_falco_is_reported_before_it_does() {
    let site = |exempt: &str| {
        let head =
            "apiVersion: bundle/v1alpha1\nkind: Site\nplatform: k3s\nregistry: {address: registry.lan}\n";
        format!("{head}gatekeeper: {{enforcement: deny, exemptNamespaces: [{exempt}]}}\n")
    };
    let refused = Rendered::try_of("lumen.yaml", &site("kube-system")).expect_err("a fault").to_string();
    let words = "Falco is privileged on K3s, and the policy deny-privileged-containers would refuse its pods: \
                 add falco to gatekeeper.exemptNamespaces of the site";
    assert_eq!(refused, format!("`layers/50-falco/falco.yaml`:8: {words}"));
    Rendered::of("lumen.yaml", &site("kube-system, falco")).has(&[]);
    let talos = site("kube-system").replace("k3s", "talos");
    Rendered::of("lumen.yaml", &talos).has(&[]);
}
