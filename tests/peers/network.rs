//! The shipped sites' network policies, judged by cyclonus, which knows nothing of this project: what they let through is
//! what the sites declare, pod by pod and port by port.

mod engine;
mod matrix;
mod peers;

use airgap_bundle::platform::values_path;
use airgap_bundle::render::{BundleFacts, ImageMap, Sources, render};
use airgap_bundle::spec::Site;
use serde_json::{Value, json};

use bundle_testing::programs::Programs;
use bundle_testing::support::project;
use engine::allowed;
use matrix::{Connection, declared, matrix};
use peers::{Peer, outside, pod};

/// The layer under test, by itself: it needs no image.
const LAYER: &str = "40-network-policies";

fn site(name: &str) -> Site {
    let text = std::fs::read_to_string(project().join(format!("bundles/sites/{name}.yaml"))).expect("a site");
    Site::parse(&text, name).unwrap_or_else(|faults| panic!("{faults}"))
}

fn policies(site: &Site) -> Vec<Value> {
    let platform = site.platform.expect("a platform");
    let read = |path: String| std::fs::read(project().join(path)).expect("a file of the project");
    let layer = ["layer.yaml", "network-policies.yaml", "live.yaml"]
        .map(|file| (format!("layers/{LAYER}/{file}"), read(format!("manifests/{LAYER}/{file}"))));
    let values = (values_path(platform), read(format!("{}/values.yaml", platform.name())));
    let sources = Sources::new(layer.into_iter().chain([values]).collect());
    let images = ImageMap::new(&site.registry, []);
    let bundle =
        BundleFacts { name: "b".into(), version: "1".into(), components: [].into(), databases: vec![] };
    let set = render(&sources, &images, site, platform, &bundle).unwrap_or_else(|errors| panic!("{errors}"));
    set.objects.layers.into_iter().flat_map(|layer| layer.objects).map(|object| object.value).collect()
}

/// Returns the connections about which the policies and the site do not agree.
fn differences(programs: &Programs, site: &Site, policies: &[Value]) -> Vec<Connection> {
    let connections = matrix(site);
    let found = allowed(programs, policies, &connections);
    let pairs = connections.into_iter().zip(found);
    pairs.filter(|(connection, found)| declared(site, connection) != *found).map(|(one, _)| one).collect()
}

#[test]
fn the_policies_allow_what_the_sites_declare_and_nothing_else() {
    let programs = Programs::need(&["cyclonus"]);
    for name in ["homelab", "lumen"] {
        let site = site(name);
        assert_eq!(differences(&programs, &site, &policies(&site)), [], "{name}");
        let connections = matrix(&site);
        let allowed = connections.iter().filter(|connection| declared(&site, connection)).count();
        assert!(
            allowed > 50 && connections.len() - allowed > 200,
            "{name}: {allowed} of {}",
            connections.len()
        );
    }
}

#[test]
fn a_policy_that_opens_something_is_noticed() {
    let programs = Programs::need(&["cyclonus"]);
    let site = site("lumen");
    let mut policies = policies(&site);
    policies.push(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "debug", "namespace": "lumen"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "redis"}}, "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": 6379, "protocol": "TCP"}]}],
        },
    }));
    let opened = differences(&programs, &site, &policies);
    let redis = pod("lumen", &[("app", "redis")]);
    assert!(!opened.is_empty());
    assert!(opened.iter().all(|one| one.to.is_like(&redis) && one.port == 6379), "{opened:?}");
    assert!(opened.iter().any(|one| one.from.is_outside()), "{opened:?}");
}

#[test]
fn a_flow_without_its_way_out_is_noticed() {
    let programs = Programs::need(&["cyclonus"]);
    let site = site("lumen");
    let mut policies = policies(&site);
    let before = policies.len();
    policies.retain(|policy| policy["metadata"]["name"] != "lumen-api-to-redis-egress");
    assert_eq!(policies.len() + 1, before);
    let closed = differences(&programs, &site, &policies);
    let (api, redis) = (pod("lumen", &[("app", "lumen-api")]), pod("lumen", &[("app", "redis")]));
    assert!(!closed.is_empty());
    let expected = |one: &Connection| one.from.is_like(&api) && one.to.is_like(&redis) && one.port == 6379;
    assert!(closed.iter().all(expected), "{closed:?}");
}

// The third test suite of the Lumen document, by its numbers.
#[test]
fn the_documents_own_suite_passes() {
    let programs = Programs::need(&["cyclonus"]);
    let app = |name| pod("lumen", &[("app", name)]);
    let named = |namespace, name| pod(namespace, &[("app.kubernetes.io/name", name)]);
    let dns = || pod("kube-system", &[("k8s-app", "kube-dns")]);
    let prometheus = || named("monitoring", "prometheus");
    let suite: [(&str, Peer, Peer, u16, &str, bool); 9] = [
        ("3.1 DNS works", app("test-dns"), dns(), 53, "UDP", true),
        ("3.1 and over TCP", app("test-dns"), dns(), 53, "TCP", true),
        ("3.2 cross-namespace is blocked", app("test-cross-ns"), prometheus(), 9090, "TCP", false),
        ("3.2 for lumen-api, too", app("lumen-api"), prometheus(), 9090, "TCP", false),
        ("3.3 lumen-api reaches redis", app("lumen-api"), app("redis"), 6379, "TCP", true),
        ("3.3 and no other pod does", app("test"), app("redis"), 6379, "TCP", false),
        ("3.4 Prometheus scrapes lumen-api", prometheus(), app("lumen-api"), 8080, "TCP", true),
        ("3.4 and not redis", prometheus(), app("redis"), 6379, "TCP", false),
        ("nothing leaves for the internet", app("lumen-api"), outside("203.0.113.9"), 443, "TCP", false),
    ];
    let connections: Vec<_> = suite
        .iter()
        .map(|(_, from, to, port, protocol, _)| Connection {
            from: from.clone(),
            to: to.clone(),
            port: *port,
            protocol: (*protocol).to_owned(),
        })
        .collect();
    let site = site("lumen");
    let found = allowed(&programs, &policies(&site), &connections);
    for (((name, .., expected), connection), found) in suite.iter().zip(&connections).zip(found) {
        assert_eq!((found, declared(&site, connection)), (*expected, *expected), "{name}");
    }
}
