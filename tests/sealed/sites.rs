//! The sites that are shipped, installed whole.

use std::fs;

use super::ground::Ground;
use super::leaving::uninstall;
use bundle_testing::support::project;

/// The probes of a command's output that did not pass; there must be some that did.
fn failed(output: &str) -> Vec<&str> {
    let passed = output.lines().filter(|line| line.starts_with("ok    ")).count();
    assert!(passed > 0, "{output}");
    output.lines().filter(|line| line.starts_with("FAIL")).collect()
}

/// The shipped file, but for the address of this stage's registry. Its nodes are no Talos, and Falco's narrow rights cannot be
/// given on every machine that runs tests: the platform is K3s.
pub fn the_homelab_installs_with_its_own_site(ground: &Ground) {
    let site = fs::read_to_string(project().join("bundles/sites/homelab.yaml")).expect("a site");
    let address = "address: registry.lan:5000";
    assert!(site.contains(address), "the registry of the site is another");
    let here = "address: 127.0.0.1:5000\n  podAddress: 10.77.0.1:5000";
    ground.stack.write("homelab.yaml", &site.replace(address, here));
    let install =
        ["install", "b.tar", "--key", "mine.pub", "--trusted-root", "root.json", "--site", "homelab.yaml"];
    let ran = ground.stage.bundle(install.into_iter().chain(["--platform", "k3s"])).ok();
    assert_eq!(failed(&ran), Vec::<&str>::new());
    assert!(ran.ends_with("\ninstalled homelab-security 2026.11.0\n"), "{ran}");
    uninstall(ground);
    assert_eq!(ground.before.changes(&ground.stage.objects()), Vec::<String>::new());
}

/// Nothing of the site's file is changed.
pub fn lumen_is_installed(ground: &Ground) {
    let ran = ground.install("b.tar", []).ok();
    assert_eq!(failed(&ran), Vec::<&str>::new());
    assert!(ran.contains("\ninstalled lumen-security "), "{ran}");
    let created = ["get", "constrainttemplates", "--output=jsonpath={.items[*].status.created}"];
    assert_eq!(ground.stage.kubectl(created).ok(), "true true true true true true true");
}

pub fn uninstall_leaves_nothing_of_lumen(ground: &Ground) {
    ground.stage.bundle(["uninstall"]).ok();
    assert_eq!(ground.before.changes(&ground.stage.objects()), Vec::<String>::new());
}
