//! Trivy Operator, rendered: where it fetches from, and what it does on which platform.

use serde_json::json;

use super::*;

/// Everything that the layer needs in the bundle, and nothing else.
const CARRIED: [(&str, ItemKind); 6] = [
    ("docker.io/aquasec/trivy:0.72.0", ItemKind::Image),
    ("docker.io/aquasec/trivy-operator:0.32.0", ItemKind::Image),
    ("ghcr.io/aquasecurity/node-collector:0.3.1", ItemKind::Image),
    ("ghcr.io/aquasecurity/trivy-checks:1.12.1", ItemKind::Artifact),
    ("ghcr.io/aquasecurity/trivy-db:2", ItemKind::Artifact),
    ("ghcr.io/aquasecurity/trivy-java-db:1", ItemKind::Artifact),
];

/// Renders the layer, and that of the dashboards, for the rest of a site file.
fn rendered(site: &str, platform: Platform) -> Result<RenderedSet, RenderErrors> {
    let site = format!("apiVersion: bundle/v1alpha1\nkind: Site\n{site}");
    let site = Site::parse(&site, "site.yaml").unwrap();
    let mut files = repository();
    files.retain(|path, _| {
        !path.starts_with("layers/") || path.starts_with("layers/60-") || path.starts_with("layers/70-")
    });
    let upstream = include_str!("../../../tests/upstream/files/trivy-operator.yaml");
    files.insert("files/trivy-operator.yaml".to_owned(), upstream.into());
    let carried = CARRIED.map(|(reference, kind)| Carried {
        reference: reference.parse().unwrap(),
        digest: Digest::of(reference.as_bytes()),
        kind,
    });
    let bundle = BundleFacts {
        name: "homelab-security".into(),
        version: "2026.11.0".into(),
        components: BTreeMap::from([("trivy-operator".to_owned(), "0.32.0".to_owned())]),
        databases: vec![],
    };
    render(&Sources::new(files), &ImageMap::new(&site.registry, carried), &site, platform, &bundle)
}

fn object(set: &RenderedSet, kind: &str, name: &str) -> Value {
    let all = set.objects.layers.iter().flat_map(|layer| &layer.objects).map(|object| &object.value);
    let mut found = all.filter(|value| value["kind"] == kind && value["metadata"]["name"] == name);
    found.next().unwrap_or_else(|| panic!("{kind} {name}")).clone()
}

/// The entries of the operator's three ConfigMaps.
fn settings(set: &RenderedSet) -> BTreeMap<String, String> {
    let names = ["trivy-operator", "trivy-operator-config", "trivy-operator-trivy-config"];
    let entries = names.map(|name| object(set, "ConfigMap", name)["data"].as_object().unwrap().clone());
    entries.into_iter().flatten().map(|(key, value)| (key, value.as_str().unwrap().to_owned())).collect()
}

/// What the settings say, for keys and the values that they must have; `""` for keys that must not be there.
#[track_caller]
fn assert_settings(set: &RenderedSet, expected: &[(&str, &str)]) {
    let settings = settings(set);
    for (key, value) in expected {
        assert_eq!(settings.get(*key).map_or("", String::as_str), *value, "{key}");
    }
}

fn pinned(at: &str, reference: &str) -> String {
    format!("{at}@{}", Digest::of(reference.as_bytes()))
}

const MIRROR: &str = "registry: {address: registry.lan:5000, plainHttp: true, prefix: edge}\n";

#[test]
fn whatever_is_fetched_comes_from_the_sites_registry() {
    for platform in [Platform::K3s, Platform::Talos] {
        for images in ["mirror", "rewrite"] {
            let site = format!("registry: {{address: registry.lan, images: {images}}}\n");
            let set = rendered(&site, platform).unwrap_or_else(|errors| panic!("{errors}"));
            let image = |name: &str| match images {
                "mirror" => name.to_owned(),
                _ => format!("registry.lan/{}", name.split_once('/').unwrap().1),
            };
            assert_settings(
                &set,
                &[
                    ("trivy.dbRepository", &pinned("registry.lan/aquasecurity/trivy-db:2", CARRIED[4].0)),
                    (
                        "trivy.javaDbRepository",
                        &pinned("registry.lan/aquasecurity/trivy-java-db:1", CARRIED[5].0),
                    ),
                    (
                        "policies.bundle.oci.ref",
                        &pinned("registry.lan/aquasecurity/trivy-checks:1.12.1", CARRIED[3].0),
                    ),
                    ("trivy.repository", &image("docker.io/aquasec/trivy")),
                    ("trivy.tag", "0.72.0"),
                    ("node.collector.imageRef", &pinned(&image(CARRIED[2].0), CARRIED[2].0)),
                    ("trivy.offlineScan", "true"),
                    ("trivy.configFile", "scan: {skip-version-check: true, disable-telemetry: true}\n"),
                ],
            );
            let container =
                &object(&set, "Deployment", "trivy-operator")["spec"]["template"]["spec"]["containers"][0];
            assert_eq!(container["image"], pinned(&image(CARRIED[1].0), CARRIED[1].0));
            let everything = CARRIED.iter().map(|(reference, _)| reference.parse().unwrap()).collect();
            assert_eq!(set.used, everything, "the bundle contains nothing unused");
            assert!(!listing(&set).contains("mirror.gcr.io"), "upstream's cache is asked for nothing");
        }
    }
}

#[test]
fn every_scanner_that_the_decision_names_is_on() {
    let set = rendered(MIRROR, Platform::Talos).unwrap();
    assert_settings(
        &set,
        &[
            ("OPERATOR_VULNERABILITY_SCANNER_ENABLED", "true"),
            ("OPERATOR_CONFIG_AUDIT_SCANNER_ENABLED", "true"),
            ("OPERATOR_RBAC_ASSESSMENT_SCANNER_ENABLED", "true"),
            ("OPERATOR_EXPOSED_SECRET_SCANNER_ENABLED", "true"),
            ("OPERATOR_CLUSTER_COMPLIANCE_ENABLED", "true"),
            ("OPERATOR_INFRA_ASSESSMENT_SCANNER_ENABLED", "false"),
            ("OPERATOR_METRICS_FINDINGS_ENABLED", "true"),
            ("OPERATOR_METRICS_CONFIG_AUDIT_INFO_ENABLED", "true"),
            ("OPERATOR_METRICS_VULN_ID_ENABLED", "false"),
            ("OPERATOR_SBOM_GENERATION_ENABLED", "true"),
            ("trivy.mode", "Standalone"),
            ("trivy.useBuiltinRegoPolicies", "true"),
            ("trivy.useEmbeddedRegoPolicies", "true"),
        ],
    );
    for (level, controls) in [("baseline", 11), ("restricted", 15)] {
        let report = object(&set, "ClusterComplianceReport", &format!("pod-security-{level}"));
        assert_eq!(report["spec"]["compliance"]["controls"].as_array().unwrap().len(), controls);
    }
}

#[test]
fn nodes_are_looked_at_on_k3s_and_left_alone_on_talos() {
    let (k3s, talos) = (rendered(MIRROR, Platform::K3s).unwrap(), rendered(MIRROR, Platform::Talos).unwrap());
    assert_settings(
        &k3s,
        &[
            ("OPERATOR_INFRA_ASSESSMENT_SCANNER_ENABLED", "true"),
            ("scanJob.podTemplatePodSecurityContext", ""),
        ],
    );
    let context = "{\"runAsNonRoot\":true,\"runAsUser\":65532,\"runAsGroup\":65532,\"fsGroup\":65532,\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}";
    assert_settings(
        &talos,
        &[
            ("OPERATOR_INFRA_ASSESSMENT_SCANNER_ENABLED", "false"),
            ("scanJob.podTemplatePodSecurityContext", context),
        ],
    );
    for (set, level) in [(&k3s, "privileged"), (&talos, "restricted")] {
        let labels = &object(set, "Namespace", "trivy-system")["metadata"]["labels"];
        assert_eq!(labels["pod-security.kubernetes.io/enforce"], level);
        let text = listing(set);
        assert_eq!(text.contains("allow-node-collector-to-api-server"), level == "privileged");
    }
}

#[test]
fn scanned_images_are_fetched_from_where_the_nodes_have_them() {
    let mirror = rendered(MIRROR, Platform::Talos).unwrap();
    let path = "registry.lan:5000/edge";
    assert_settings(
        &mirror,
        &[
            ("trivy.registry.mirror.index.docker.io", path),
            ("trivy.registry.mirror.ghcr.io", path),
            ("trivy.registry.mirror.docker.io", ""),
            ("trivy.registry.mirror.registry.lan", ""),
            ("trivy.dbRepositoryInsecure", "true"),
            ("policies.bundle.insecure", "true"),
            ("trivy.nonSslRegistry.site", "registry.lan:5000"),
        ],
    );
    let pods = "registry: {address: 'localhost:5000', podAddress: '192.168.2.2:5000', plainHttp: false, images: rewrite}\n";
    let rewrite = rendered(pods, Platform::K3s).unwrap();
    assert_settings(
        &rewrite,
        &[
            ("trivy.registry.mirror.localhost", "192.168.2.2"),
            ("trivy.registry.mirror.index.docker.io", ""),
            ("trivy.repository", "localhost:5000/aquasec/trivy"),
            ("trivy.dbRepository", &pinned("192.168.2.2:5000/aquasecurity/trivy-db:2", CARRIED[4].0)),
            ("trivy.dbRepositoryInsecure", "false"),
            ("policies.bundle.insecure", "false"),
            ("trivy.nonSslRegistry.site", ""),
        ],
    );
}

#[test]
fn a_registry_that_pods_cannot_reach_is_refused() {
    let fault = |site: &str| {
        let text = rendered(site, Platform::K3s).unwrap_err().to_string();
        let (file, text) = text.split_once(".yaml`:").unwrap();
        assert_eq!((file, text.lines().count()), ("`layers/60-trivy-operator/settings", 1));
        text.split_once(": ").unwrap().1.to_owned()
    };
    assert_eq!(
        fault("registry: {address: 'localhost:5000'}\n"),
        "pods cannot reach the registry at `localhost:5000`, which is each pod itself, and Trivy fetches its databases from a pod: \
         name the registry as the cluster's pods reach it, for example `registry: {podAddress: 192.168.1.10:5000}`"
    );
    assert_eq!(
        fault("registry: {address: 'localhost:5000', podAddress: '192.168.2.2:5001'}\n"),
        "nodes pull from `localhost:5000` and pods from `192.168.2.2:5001`: \
         Trivy can only be told another host, so name both with the same port, and the first without brackets"
    );
}

#[test]
fn a_login_is_named_and_never_rendered() {
    let site = format!("{MIRROR}trivy: {{secret: registry-login}}\n");
    let set = rendered(&site, Platform::Talos).unwrap();
    assert_settings(
        &set,
        &[
            ("trivy.imagePullSecret", "registry-login"),
            ("node.collector.imagePullSecret", "registry-login"),
            (
                "scanJob.customVolumesMount",
                "[{\"name\":\"registry-login\",\"mountPath\":\"/.docker\",\"readOnly\":true},{\"name\":\"registry-authority\",\"mountPath\":\"/etc/pki/tls/certs\",\"readOnly\":true}]",
            ),
        ],
    );
    let volumes: Value = serde_json::from_str(&settings(&set)["scanJob.customVolumes"]).unwrap();
    let secret = |key: &str, path: &str| json!({"secretName": "registry-login", "optional": true, "items": [{"key": key, "path": path}]});
    assert_eq!(volumes[0]["secret"], secret(".dockerconfigjson", "config.json"));
    assert_eq!(volumes[1]["secret"], secret("ca.crt", "ca.crt"));
    let pod = &object(&set, "Deployment", "trivy-operator")["spec"]["template"]["spec"];
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "registry-login"}]));
    assert_eq!(
        [&pod["volumes"][1]["secret"], &pod["volumes"][2]["secret"]],
        [&volumes[0]["secret"], &volumes[1]["secret"]]
    );
    assert_eq!(pod["containers"][0]["env"][1], json!({"name": "DOCKER_CONFIG", "value": "/registry-login"}));
    let without = rendered(MIRROR, Platform::Talos).unwrap();
    assert!(
        !listing(&without).contains("imagePullSecret"),
        "no login is asked for where the site names none"
    );
}

#[test]
fn pods_of_the_scanner_reach_the_registry_and_nothing_else() {
    let site = "registry: {address: registry.lan:5000, addresses: [10.0.0.5/32]}\nnetwork: {apiServer: {addresses: [10.0.0.2/32]}}\n";
    let set = rendered(site, Platform::Talos).unwrap();
    let spec = |name: &str| object(&set, "NetworkPolicy", name)["spec"].clone();
    assert_eq!(spec("deny-egress"), json!({"podSelector": {}, "policyTypes": ["Egress"]}));
    assert_eq!(spec("deny-ingress"), json!({"podSelector": {}, "policyTypes": ["Ingress"]}));
    let to = |range: &str, port: u16| json!([{"to": [{"ipBlock": {"cidr": range}}], "ports": [{"port": port, "protocol": "TCP"}]}]);
    assert_eq!(spec("allow-registry")["egress"], to("10.0.0.5/32", 5000));
    assert_eq!(spec("allow-operator-to-api-server")["egress"], to("10.0.0.2/32", 6443));
    let operator = json!({"matchLabels": {"app.kubernetes.io/name": "trivy-operator"}});
    assert_eq!(spec("allow-operator-to-api-server")["podSelector"], operator);
    assert_eq!(spec("allow-dns")["egress"][0]["ports"].as_array().unwrap().len(), 2);
    assert_eq!(spec("allow-metrics")["ingress"][0]["ports"], json!([{"port": 8080, "protocol": "TCP"}]));
    let anywhere = rendered("registry: {address: registry.lan}\n", Platform::Talos).unwrap();
    let egress = object(&anywhere, "NetworkPolicy", "allow-registry")["spec"]["egress"].clone();
    assert_eq!(egress, json!([{"ports": [{"port": 443, "protocol": "TCP"}]}]));
}

#[test]
fn the_operator_starts_again_when_its_settings_change() {
    let annotations = |site: &str| {
        let set = rendered(site, Platform::Talos).unwrap();
        object(&set, "Deployment", "trivy-operator")["spec"]["template"]["metadata"]["annotations"].clone()
    };
    assert_eq!(annotations(MIRROR), annotations(MIRROR));
    assert_ne!(annotations(MIRROR), annotations("registry: {address: registry.lan:5000, plainHttp: true}\n"));
    assert_ne!(annotations(MIRROR), annotations(&format!("{MIRROR}trivy: {{secret: s}}\n")));
}
