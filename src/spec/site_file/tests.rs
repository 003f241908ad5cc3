//! Reading a site file, and the faults of a bad one.

use crate::spec::{Faults, Site};

#[test]
fn every_fault_of_a_site_is_found_in_one_go() {
    let text = "apiVersion: bundle/v1\nkind: Site\nplatform: k8s\nregistry: {address: 'http://x/', imgaes: mirror}\nnamespaces: [{name: A}, {podSecurity: strict}]\n";
    let faults = Site::parse(text, "site.yaml").expect_err("faults");
    insta::assert_snapshot!(faults, @r"
        `site.yaml` has 7 faults
          site.yaml:1:13: `apiVersion` must be `bundle/v1alpha1`, found `bundle/v1`
            hint: write `apiVersion: bundle/v1alpha1`
          site.yaml:3:11: `platform` cannot be `k8s`
            hint: write one of: k3s, talos
          site.yaml:4:21: `http://x/` is not the address of a registry
            hint: write host and port, without `http://` and without a path: registry.lan:5000
          site.yaml:4:34: unknown field `imgaes` in `registry`
            hint: did you mean `images`?
          site.yaml:5:21: `A` is not a namespace's name
            hint: use lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends
          site.yaml:5:25: a namespace lacks `name`
            hint: add `name: lumen`
          site.yaml:5:39: `podSecurity` cannot be `strict`
            hint: write one of: privileged, baseline, restricted
        ");
}

#[test]
fn a_registry_says_how_pods_reach_it() {
    let site = |registry: &str| {
        let text = format!("apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {registry}\n");
        Site::parse(&text, "site.yaml").map(|site| site.registry)
    };
    let registry =
        site("{address: 'localhost:5000', podAddress: '192.168.2.2:5000', addresses: [192.168.2.2/32]}");
    let registry = registry.expect("a site");
    assert_eq!(registry.pod_address.as_deref(), Some("192.168.2.2:5000"));
    assert_eq!(registry.addresses, ["192.168.2.2/32"]);
    let faults = site("{address: a.lan, podAddress: '127.0.0.1:5000', addresses: [10.0.0.5/8, x]}");
    insta::assert_snapshot!(faults.expect_err("faults"), @r"
        `site.yaml` has 3 faults
          site.yaml:3:40: pods cannot reach the registry at `127.0.0.1:5000`: for a pod that address is the pod itself
            hint: write a name or address of the node that pods can reach
          site.yaml:3:70: `10.0.0.5/8` is not a range of IP addresses
            hint: write the whole range as 10.0.0.0/8, or the one address as 10.0.0.5/32
          site.yaml:3:82: `x` is not a range of IP addresses
            hint: write addresses with the length of their prefix: 10.0.0.0/24, 10.0.0.5/32, fd00::/8
        ");
}

#[test]
fn a_path_of_a_host_is_one_that_references_can_name() {
    let paths = |text: &str| {
        let site = format!("{HEAD}registry: {{address: registry.lan, prefix: edge, paths: {text}}}\n");
        Site::parse(&site, "site.yaml").map(|site| site.registry)
    };
    let registry = paths("{quay.io: mirror/quay}").expect("a site");
    assert_eq!(registry.path_of("quay.io"), "edge/mirror/quay");
    assert_eq!(registry.path_of("docker.io"), "edge");
    insta::assert_snapshot!(paths("{quay.io: /quay, index.docker.io: hub, ghcr.io: [a]}").expect_err("faults"), @r"
        `site.yaml` has 3 faults
          site.yaml:3:57: `/quay` cannot be a prefix of a repository's name
            hint: write lower-case path parts without slashes at the ends: mirror/quay
          site.yaml:3:73: `index.docker.io` is not a host of references: references name it `docker.io`
            hint: write the host as the spec's references do: docker.io, quay.io
          site.yaml:3:104: a path must be a string, found a list
            hint: write a string here
        ");
    insta::assert_snapshot!(paths("quay.io").expect_err("faults"), @r"
        `site.yaml` has 1 fault
          site.yaml:3:56: `paths` must be a mapping, found a string `quay.io`
            hint: write a mapping here
        ");
}

const HEAD: &str = "apiVersion: bundle/v1alpha1\nkind: Site\n";
const REGISTRY: &str = "registry: {address: 'registry.lan:5000', prefix: edge}\n";

fn parse(rest: &str) -> Result<Site, Faults> {
    Site::parse(&format!("{HEAD}{REGISTRY}{rest}"), "site.yaml")
}

/// A part of the site as templates see it.
fn seen(site: &Site, pointer: &str) -> serde_json::Value {
    serde_json::to_value(site).expect("JSON").pointer(pointer).expect(pointer).clone()
}

#[test]
fn the_smallest_site_has_safe_defaults() {
    let site = Site::parse(&format!("{HEAD}registry: {{address: registry.lan}}\n"), "site.yaml");
    let site = serde_json::to_value(site.expect("a site")).expect("JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&site).expect("JSON"));
}

#[test]
fn a_policy_adds_to_what_the_site_says() {
    let site = parse(
        "gatekeeper:\n\
         \x20 enforcement: deny\n\
         \x20 exemptNamespaces: [kube-system]\n\
         \x20 exemptImages: [quay.io/cilium/*]\n\
         \x20 policies:\n\
         \x20 - {name: require-internal-registry, exemptNamespaces: [kube-system, 'falco*'], exemptImages: [a/b]}\n\
         \x20 - {name: require-app-labels, enforcement: warn, namespaces: [apps-*]}\n\
         \x20 - {name: require-labels, labels: [owner]}\n",
    );
    let policies = seen(&site.expect("a site"), "/gatekeeper/policies");
    let expected = serde_json::json!([
        {
            "name": "require-internal-registry", "enforcement": "deny", "namespaces": [],
            "exemptNamespaces": ["kube-system", "falco*"], "exemptImages": ["quay.io/cilium/*", "a/b"],
            "labels": [], "registries": ["registry.lan:5000/edge/"],
        },
        {
            "name": "require-app-labels", "enforcement": "warn", "namespaces": ["apps-*"],
            "exemptNamespaces": ["kube-system"], "exemptImages": ["quay.io/cilium/*"],
            "labels": ["app", "tier"], "registries": [],
        },
        {
            "name": "require-labels", "enforcement": "deny", "namespaces": [],
            "exemptNamespaces": ["kube-system"], "exemptImages": ["quay.io/cilium/*"],
            "labels": ["owner"], "registries": [],
        },
    ]);
    assert_eq!(policies, expected);
}

#[test]
fn a_site_without_policies_is_one_that_says_so() {
    let site = parse("gatekeeper: {policies: []}\n").expect("a site");
    assert_eq!(seen(&site, "/gatekeeper/policies"), serde_json::json!([]));
}

#[test]
fn flows_are_seen_with_their_ends_and_ports() {
    let site = parse(
        "network:\n\
         \x20 apiServer: {addresses: [10.0.0.2/32], port: 443}\n\
         \x20 dns: {pods: {k8s-app: coredns}}\n\
         \x20 flows:\n\
         \x20 - {name: in, from: {addresses: [0.0.0.0/0]}, to: {namespace: web}, ports: [80, {port: 443, protocol: UDP}]}\n\
         \x20 - {name: out, from: {namespace: web, pods: {app: web, old: ''}}, to: {namespace: '*'}, only: egress}\n",
    );
    let network = seen(&site.expect("a site"), "/network");
    let expected = serde_json::json!({
        "apiServer": {"addresses": ["10.0.0.2/32"], "port": 443},
        "dns": {"namespace": "kube-system", "pods": {"k8s-app": "coredns"}, "port": 53},
        "prometheus": {"namespace": "monitoring", "pods": {"app.kubernetes.io/name": "prometheus"}},
        "flows": [
            {
                "name": "in", "from": {"addresses": ["0.0.0.0/0"]}, "to": {"namespace": "web", "pods": {}},
                "ports": [{"port": 80, "protocol": "TCP"}, {"port": 443, "protocol": "UDP"}], "only": null,
            },
            {
                "name": "out", "from": {"namespace": "web", "pods": {"app": "web", "old": ""}},
                "to": {"namespace": "*", "pods": {}}, "ports": [], "only": "egress",
            },
        ],
    });
    assert_eq!(network, expected);
}

#[test]
fn every_fault_of_the_policies_is_found_in_one_go() {
    let faults = parse(
        "gatekeeper:\n\
         \x20 exemptNamespaces: [k*be]\n\
         \x20 policies:\n\
         \x20 - {name: block-latest-tags}\n\
         \x20 - {name: sign-everything}\n\
         \x20 - {name: block-latest-tag, labels: [app], registries: [a/]}\n\
         \x20 - {name: require-labels, labels: [], enforcement: refuse}\n\
         \x20 - {name: block-latest-tag}\n\
         \x20 - {name: require-app-labels, labels: [a b, '-']}\n\
         \x20 - {name: require-internal-registry, registries: ['localhost:5000'], namespaces: x}\n\
         \x20 - {enforcement: deny}\n",
    );
    insta::assert_snapshot!(faults.expect_err("faults"));
}

#[test]
fn every_fault_of_the_network_is_found_in_one_go() {
    let faults = parse(
        "network:\n\
         \x20 apiServer: {addresses: [10.0.0.2], port: 70000}\n\
         \x20 dns: {namespace: '*', pods: {k8s app: a b}, port: none}\n\
         \x20 prometheus: {pods: {}}\n\
         \x20 flows:\n\
         \x20 - {name: A_b, from: {namespace: a}, to: {namespace: b}}\n\
         \x20 - {name: twice, from: {namespace: a}, to: {namespace: b}, ports: []}\n\
         \x20 - {name: twice, from: {namespace: a}, to: {namespace: b}, ports: [0, 1, 1, {protocol: ICMP, port: 1}]}\n\
         \x20 - {name: ends, from: {namespace: a, addresses: [::1/64]}, to: {pods: {app: a}}}\n\
         \x20 - {name: none, from: {addresses: []}, to: {}}\n\
         \x20 - {name: lost, from: {namespace: 'b*'}, ports: [{protocol: UDP}], only: out}\n\
         \x20 - {name: value, from: {namespace: a, pods: {app: true}}, to: all}\n",
    );
    insta::assert_snapshot!(faults.expect_err("faults"));
}

#[test]
fn every_fault_of_the_rest_is_found_in_one_go() {
    let faults = parse(
        "namespaces: [{name: a, network: closed}, {name: b}, {name: b}]\n\
         alerting: {alertmanager: 'alertmanager:9093', secret: A_b}\n\
         trivy: {secret: a/b, token: c}\n",
    );
    insta::assert_snapshot!(faults.expect_err("faults"));
    for (address, good) in [
        ("http://alertmanager.monitoring.svc:9093", true),
        ("https://am.lan/prefix", true),
        ("http://user:secret@am.lan", false),
        ("ftp://am.lan", false),
        ("http://", false),
    ] {
        let site = parse(&format!("alerting: {{alertmanager: '{address}'}}\n"));
        assert_eq!(site.is_ok(), good, "{address}");
    }
}

#[test]
fn what_is_left_open_is_warned_of() {
    let site = parse(
        "namespaces: [{name: a, podSecurity: baseline}, {name: b, podSecurity: privileged, network: open}, {name: c}]\n\
         network:\n\
         \x20 flows:\n\
         \x20 - {name: idle, from: {namespace: b}, to: {namespace: other}}\n\
         \x20 - {name: outside, from: {addresses: [0.0.0.0/0]}, to: {addresses: ['::/0']}}\n\
         \x20 - {name: wrong-side, from: {namespace: other}, to: {namespace: c}, only: egress}\n\
         \x20 - {name: useful, from: {namespace: other}, to: {namespace: '*'}}\n",
    );
    insta::assert_snapshot!(site.expect("a site").warnings().join("\n"));
    let closed = parse("network: {apiServer: {addresses: [10.0.0.2/32]}}\nnamespaces: [{name: a}]\n");
    assert_eq!(closed.expect("a site").warnings(), Vec::<String>::new());
}
