//! The stack without Gatekeeper, installed on a paper cluster.

use std::fs;

use super::paper::{PROGRAMS, PaperCluster};
use crate::registry::Registry;
use bundle_testing::cluster::audit::Request;
use bundle_testing::edit::without;
use bundle_testing::internet::Options;
use bundle_testing::programs::{Programs, files};
use bundle_testing::support::{Ran, Stack, project};

/// The layers that need no program of their own to answer for them.
const LAYERS: &str = "{folder: ../manifests, only: [00-namespaces, 40-network-policies, 50-falco, 55-falcosidekick, 60-trivy-operator]}";

/// Finds the programs, and upstream's files.
pub fn programs() -> Programs {
    Programs::need(&[&PROGRAMS[..], &["crane"]].concat())
}

/// The shipped spec without Gatekeeper, a registry, and a site that names it.
pub struct Paperwork {
    /// The connected side; `site.yaml` is the site.
    pub stack: Stack,
    _registry: Registry,
}

impl Paperwork {
    /// Lays out `a.tar`, and `b.tar`, which is a later version without falcosidekick.
    pub fn lay(programs: &Programs) -> Self {
        let real = files();
        let stack = Stack::of("homelab", Some(&real), |options| Options { sign: true, ..options });
        let registry = Registry::crane(programs, stack.folder.path());
        let site = fs::read_to_string(project().join("tests/stage/site.yaml")).expect("a site");
        assert!(site.contains("address: 127.0.0.1:5000"), "the stage's registry is another");
        let port = registry.address.rsplit(':').next().expect("a port");
        stack.write("site.yaml", &site.replace(":5000", &format!(":{port}")));
        stack.keys("mine");
        let paper = Self { stack, _registry: registry };
        paper.build();
        paper
    }

    fn build(&self) {
        let spec = fs::read_to_string(self.stack.path("bundles/homelab.yaml")).expect("the spec");
        let spec = spec.replace("layers: ../manifests", &format!("layers: {LAYERS}"));
        let spec = spec.replace("sites: [sites/homelab.yaml]", "sites: [../site.yaml]");
        let spec = without(&without(&spec, "name: gatekeeper"), "name: talos");
        self.build_as("a", &spec);
        let later = spec.replace("2026.11.0", "2026.12.0").replace(" 55-falcosidekick,", "");
        self.build_as("b", &without(&later, "name: falcosidekick"));
    }

    fn build_as(&self, name: &str, spec: &str) {
        let (path, file) = (format!("bundles/{name}.yaml"), format!("{name}.tar"));
        self.stack.write(&path, spec);
        let build = ["build", &path, "-o", &file, "--key", "mine.key", "--registries", "registries.yaml"];
        self.stack.bundle(build).ok();
    }

    /// Returns the arguments that install a bundle.
    pub fn install(file: &str) -> Vec<&str> {
        let arguments =
            ["install", file, "--key", "mine.pub", "--trusted-root", "root.json", "--site", "site.yaml"];
        [&arguments[..], &["--kubeconfig", "admin.kubeconfig"]].concat()
    }

    /// Runs `bundle` against the cluster.
    pub fn bundle(&self, arguments: &[&str]) -> Ran {
        self.stack.bundle(arguments)
    }
}

#[test]
fn the_stack_without_gatekeeper_installs_on_a_paper_cluster() {
    let programs = programs();
    let paper = Paperwork::lay(&programs);
    let cluster = PaperCluster::start(&programs, paper.stack.folder.path(), 3);
    let ran = paper.bundle(&Paperwork::install("a.tar")).ok();
    assert!(ran.ends_with("\ninstalled homelab-security 2026.11.0\n"), "{ran}");
    let falco = ["get", "daemonset", "--namespace=falco", "falco", "--output=jsonpath={.status.numberReady}"];
    assert_eq!(cluster.kubectl(&falco).ok(), "3");
    let requests = cluster.audit.take();
    assert!(requests.iter().any(Request::is_write), "the audit log shows what was written");
    paper.bundle(&Paperwork::install("b.tar")).ok();
    let ran = paper.bundle(&["uninstall", "--kubeconfig", "admin.kubeconfig"]).ok();
    assert!(ran.starts_with("uninstalled homelab-security 2026.12.0: "), "{ran}");
}
