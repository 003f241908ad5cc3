//! Versions of a small stack: the real Gatekeeper with the shipped policies, and a workload that differs in each version.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::ground::{Crossing, GATEKEEPER, HOMELAB, NAMESPACE};
use super::pods::restricted_pod;
use bundle_testing::edit::without;
use bundle_testing::support::{Stack, copy};

/// The image of the workload, which is a stand-in that looks at its settings as falcosidekick does.
const IMAGE: &str = "docker.io/falcosecurity/falcosidekick";
const TAG: &str = "2.34.1";
const LATER_TAG: &str = "2.34.2";
/// The ConfigMap without which the workload of [`GATED`] does not begin; it is in no bundle.
pub const GATE: &str = "gate";

/// The versions of [`VERSIONS`], on the stage's own site.
pub const RELEASES: Crossing = Crossing {
    real: &[(GATEKEEPER, "gatekeeper")],
    later: Some(("falcosidekick", "docker.io/falcosecurity/falcosidekick:2.34.2")),
    build: build_all,
    ..HOMELAB
};

/// One version.
pub struct Version {
    /// The name of its file, without `.tar`.
    file: &'static str,
    /// What it calls itself.
    pub version: &'static str,
    /// Its layers beside those that all of them have.
    layers: &'static str,
    tag: &'static str,
    /// Whether the policies exempt an image.
    exempts: bool,
    /// What the workload's container has in addition.
    container: fn() -> Value,
    /// How long the workload's layer may take, in seconds.
    timeout: u32,
    /// Whether its probe expects a refusal that no policy makes.
    claims: bool,
}

/// What is installed first.
pub const FIRST: Version = Version {
    file: "first",
    version: "2026.11.0",
    layers: "40-network-policies, 80-web",
    tag: TAG,
    exempts: false,
    container: || json!({}),
    timeout: 60,
    claims: false,
};
/// Another image, another parameter, a layer less; not ready before the test creates [`GATE`].
pub const GATED: Version = Version {
    file: "gated",
    version: "2026.12.0",
    layers: "80-web",
    tag: LATER_TAG,
    exempts: true,
    container: || json!({"envFrom": [{"configMapRef": {"name": GATE}}]}),
    timeout: 180,
    ..FIRST
};
/// Its workload ends at once, and again and again.
pub const CRASHING: Version = Version {
    file: "crashing",
    version: "2027.1.0",
    layers: "40-network-policies, 80-web, 90-after",
    container: || json!({"env": [{"name": "ALERTMANAGER_HOSTPORT", "value": "nowhere"}]}),
    timeout: 20,
    ..GATED
};
/// All of it becomes ready, and it does not do what it claims.
pub const CLAIMING: Version = Version {
    file: "claiming",
    version: "2027.2.0",
    layers: "80-web, 90-after",
    exempts: true,
    timeout: 10,
    claims: true,
    ..FIRST
};
const VERSIONS: [&Version; 4] = [&FIRST, &GATED, &CRASHING, &CLAIMING];

impl Version {
    /// Returns the name of its bundle.
    pub fn bundle(&self) -> String {
        format!("{}.tar", self.file)
    }

    fn build(&self, stack: &Stack, shipped: &str) {
        self.lay(stack);
        let only = format!("00-namespaces, 10-gatekeeper, 20-policies, 30-constraints, {}", self.layers);
        let layers = format!("layers: {{folder: ../versions/{}, only: [{only}]}}", self.file);
        let spec = shipped.replace("layers: ../manifests", &layers).replace("2026.11.0", self.version);
        let path = format!("bundles/{}.yaml", self.file);
        stack.write(&path, &spec.replace(TAG, self.tag));
        let build = ["build", &path, "-o", &self.bundle(), "--key", "mine.key"];
        stack.bundle(build.into_iter().chain(["--registries", "registries.yaml"])).ok();
    }

    /// Writes its layers.
    fn lay(&self, stack: &Stack) {
        let folder = format!("versions/{}", self.file);
        copy(&stack.path("manifests"), &stack.path(&folder));
        for layer in ["80-web", "90-after"] {
            fs::create_dir(stack.path(&folder).join(layer)).expect("a folder");
        }
        let after = layer(json!({"manifests": ["after.yaml"], "timeoutSeconds": 60}));
        for (name, content) in [
            ("80-web/layer.yaml", self.layer()),
            ("80-web/web.yaml", self.web()),
            ("80-web/settings.yaml", config_map("settings", self.version)),
            ("80-web/probes.yaml", claim()),
            ("90-after/layer.yaml", after),
            ("90-after/after.yaml", config_map("after", self.version)),
        ] {
            stack.write(&format!("{folder}/{name}"), &content.to_string());
        }
        if self.exempts {
            exempt(&stack.path(&folder).join("30-constraints/constraints.yaml"));
        }
    }

    fn layer(&self) -> Value {
        let probes: &[_] = if self.claims { &["probes.yaml"] } else { &[] };
        layer(json!({
            "manifests": ["web.yaml", "settings.yaml"], "waitFor": ["rolloutsComplete"],
            "timeoutSeconds": self.timeout, "probes": probes,
        }))
    }

    fn web(&self) -> Value {
        let mut pod = restricted_pod("web", IMAGE);
        let metadata = pod["metadata"].clone();
        let more = (self.container)();
        for (field, value) in more.as_object().expect("fields") {
            pod["spec"]["containers"][0][field] = value.clone();
        }
        let labels = metadata["labels"].clone();
        let template = json!({"metadata": {"labels": labels}, "spec": pod["spec"]});
        let spec = json!({"replicas": 1, "selector": {"matchLabels": labels}, "template": template});
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
    }
}

fn layer(mut fields: Value) -> Value {
    fields["apiVersion"] = "bundle/v1alpha1".into();
    fields["kind"] = "Layer".into();
    fields
}

fn config_map(name: &str, version: &str) -> Value {
    let metadata = json!({"name": name, "namespace": NAMESPACE});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"version": version}})
}

/// Gives every policy of a template an image that it exempts.
fn exempt(constraints: &Path) {
    let text = fs::read_to_string(constraints).expect("the constraints");
    let parameter = "exemptImages: {{ policy.exemptImages }}";
    assert!(text.contains(parameter), "{text}");
    let text = text.replace(parameter, "exemptImages: [\"registry.example/old/*\"]");
    fs::write(constraints, text).expect("a file");
}

/// A probe of something that everybody admits.
fn claim() -> Value {
    let object = config_map("anything", "any");
    json!([{"name": "anything-is-refused", "expect": "refused", "words": ["no"], "object": object}])
}

/// Builds all of them, for one processor: the others would only be carried.
fn build_all(stack: &Stack) {
    let mut shipped = fs::read_to_string(stack.path("bundles/homelab.yaml")).expect("the spec");
    for component in ["falco", "k8s-metacollector", "trivy", "trivy-operator", "talos"] {
        shipped = without(&shipped, &format!("name: {component}\n"));
    }
    let sites = shipped.replace("sites: [sites/homelab.yaml]", "sites: [../site.yaml]");
    let shipped = sites.replace("targets: [linux/amd64, linux/arm64]", "targets: [linux/amd64]");
    VERSIONS.iter().for_each(|version| version.build(stack, &shipped));
}
