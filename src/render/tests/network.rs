//! The network policies of the shipped sites, and of sites that are unlike them.

use super::*;
use crate::rendered::{LiveEnd, LiveProbe};

const SITES: [(&str, &str); 2] = [
    ("homelab", include_str!("../../../bundles/sites/homelab.yaml")),
    ("lumen", include_str!("../../../bundles/sites/lumen.yaml")),
];

fn policies(site: &Site) -> Vec<Value> {
    let mut files = shipped();
    files.retain(|path, _| path.starts_with("layers/40-") || path.starts_with("platforms/"));
    let mut set = run(files, site, Platform::K3s).unwrap_or_else(|errors| panic!("{errors}"));
    set.objects.layers.remove(0).objects.into_iter().map(|object| object.value).collect()
}

fn parse(rest: &str) -> Site {
    let head = "apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {address: registry.lan:5000}\n";
    Site::parse(&format!("{head}{rest}"), "site.yaml").unwrap_or_else(|faults| panic!("{faults}"))
}

fn names(policies: &[Value]) -> Vec<String> {
    let text = |policy: &Value, field: &str| policy["metadata"][field].as_str().unwrap().to_owned();
    policies.iter().map(|policy| format!("{}/{}", text(policy, "namespace"), text(policy, "name"))).collect()
}

#[test]
fn the_shipped_sites() {
    for (name, text) in SITES {
        let site = Site::parse(text, name).unwrap_or_else(|faults| panic!("{faults}"));
        let policies = policies(&site);
        let text: String =
            policies.iter().map(|policy| format!("---\n{}", yaml::emit(policy).unwrap())).collect();
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn live_probes_of_the_shipped_sites() {
    for (name, text) in SITES {
        let site = Site::parse(text, name).unwrap_or_else(|faults| panic!("{faults}"));
        let live = live(&site, "trivy", "docker.io/aquasec/trivy:0.72.0");
        let text: String = live
            .iter()
            .map(|probe| {
                let end = |end: &LiveEnd| format!("{} {:?}", end.namespace, end.labels);
                format!("{}\n  {}\n  {}:{}\n", probe.name, end(&probe.from), end(&probe.to), probe.port)
            })
            .collect();
        insta::assert_snapshot!(format!("live_{name}"), text);
    }
}

#[test]
fn live_probes_run_in_an_image_that_has_a_shell() {
    let site = parse("namespaces: [{name: a}]\n");
    let digest = Digest::of(b"image");
    for (component, reference, image) in [
        ("trivy", "docker.io/aquasec/trivy:0.72.0", Some(format!("docker.io/aquasec/trivy:0.72.0@{digest}"))),
        ("falco", "docker.io/falcosecurity/falco:1", None),
        ("other", "docker.io/other/other:1", None),
    ] {
        let probes = live(&site, component, reference);
        assert_eq!(probes.first().map(|probe| probe.image.clone()), image, "{component}");
    }
}

fn live(site: &Site, component: &str, reference: &str) -> Vec<LiveProbe> {
    let mut files = shipped();
    files.retain(|path, _| path.starts_with("layers/40-") || path.starts_with("platforms/"));
    let carried = Carried {
        reference: reference.parse().unwrap(),
        digest: Digest::of(b"image"),
        kind: ItemKind::Image,
    };
    let bundle = BundleFacts {
        name: "b".into(),
        version: "1".into(),
        components: [(component.to_owned(), "1".to_owned())].into(),
        databases: vec![],
    };
    let images = ImageMap::new(&site.registry, [carried]);
    let mut set = render(&Sources::new(files), &images, site, Platform::K3s, &bundle)
        .unwrap_or_else(|errors| panic!("{errors}"));
    set.objects.layers.remove(0).live
}

#[test]
fn only_isolated_namespaces_of_the_site_have_policies() {
    let site = parse(
        "namespaces: [{name: a}, {name: b, network: open}]\n\
         network: {flows: [{name: f, from: {namespace: b}, to: {namespace: '*'}}, {name: g, from: {namespace: c}, to: {namespace: b}}]}\n",
    );
    assert_eq!(names(&policies(&site)), ["a/default-deny-all", "a/allow-dns", "a/f-ingress"]);
    assert_eq!(policies(&parse("namespaces: [{name: b, network: open}]\n")), Vec::<Value>::new());
}

#[test]
fn a_flow_of_one_side_makes_one_policy() {
    let made = |only: &str| {
        let flow = format!("{{name: f, from: {{namespace: a}}, to: {{namespace: a}}{only}}}");
        let made =
            names(&policies(&parse(&format!("namespaces: [{{name: a}}]\nnetwork: {{flows: [{flow}]}}\n"))));
        made[2..].to_vec()
    };
    assert_eq!(made(""), ["a/f-ingress", "a/f-egress"]);
    assert_eq!(made(", only: ingress"), ["a/f-ingress"]);
    assert_eq!(made(", only: egress"), ["a/f-egress"]);
}

#[test]
fn an_isolated_namespace_with_dns_in_it_answers_everyone() {
    let site = parse("namespaces: [{name: kube-system}]\nnetwork: {dns: {port: 1053}}\n");
    let policies = policies(&site);
    assert_eq!(names(&policies)[2..], ["kube-system/allow-dns-queries"]);
    assert_eq!(policies[2]["spec"]["podSelector"]["matchLabels"]["k8s-app"], "kube-dns");
    for policy in [&policies[1]["spec"]["egress"], &policies[2]["spec"]["ingress"]] {
        assert_eq!(policy[0]["ports"][0], serde_json::json!({"port": 1053, "protocol": "UDP"}));
    }
}
