//! Versions follow each other, forwards and backwards; what fails goes back to what was there before.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::ground::{Ground, NAMESPACE};
use super::leaving::uninstall;
use super::releases::{CLAIMING, CRASHING, FIRST, GATE, GATED, Version};
use super::status::until_as_installed;
use bundle_testing::cluster::state::State;
use bundle_testing::support::Ran;

const THEIRS: &str = "v1 ConfigMap default/theirs";
const LEASE: [&str; 3] = ["get", "lease/bundle-install", "--namespace=bundle-system"];
const INVENTORY: [&str; 3] = ["get", "configmap/bundle-revision", "--namespace=bundle-system"];
/// Controllers take a moment.
const SETTLING: Duration = Duration::from_secs(30);

/// A cluster in which the first version is installed.
pub struct Versions {
    ground: Ground,
    first: State,
}

impl Versions {
    /// Installs the first version where nothing was, and nothing of others is touched.
    pub fn begin(ground: Ground) -> Self {
        let ran = ground.install(&FIRST.bundle(), []).ok();
        assert!(ran.ends_with("\ninstalled homelab-security 2026.11.0\n"), "{ran}");
        until_as_installed(&ground);
        let changes = ground.before.changes(&ground.stage.objects());
        let others: Vec<_> = changes.iter().filter(|change| !change.starts_with("new: ")).collect();
        let namespace = format!("changed: v1 Namespace {NAMESPACE}: ");
        assert!(matches!(others[..], [only] if only.starts_with(&namespace)), "{others:#?}");
        let first = state(&ground);
        Self { ground, first }
    }

    /// Returns what is another than with the first version, one line an object; what the tool keeps about itself is no part of it.
    fn differences(&self) -> Vec<String> {
        let differences = self.first.differences(&state(&self.ground));
        differences
            .into_iter()
            .filter(|difference| !heading(difference).contains(" bundle-system/"))
            .collect()
    }

    /// The objects are those of the first version, and so says all that is asked.
    fn the_first_is_there(&self) {
        let deadline = Instant::now() + SETTLING;
        while !self.differences().is_empty() {
            assert!(Instant::now() < deadline, "{}", self.differences().join("\n"));
        }
        self.is_installed(&FIRST);
    }

    fn is_installed(&self, version: &Version) {
        until_as_installed(&self.ground);
        let status = self.ground.stage.bundle(["status"]).ok();
        let name = format!("homelab-security {} (sha256:", version.version);
        assert!(status.starts_with(&name), "{status}");
        let fields = "--output=jsonpath={.data.version} {.data.complete}";
        let inventory = self.ground.stage.kubectl(INVENTORY.into_iter().chain([fields])).ok();
        assert_eq!(inventory, format!("{} true", version.version));
        let leases = self.ground.stage.kubectl(LEASE.into_iter().chain(["--ignore-not-found"])).ok();
        assert_eq!(leases, "", "the Lease is given back");
        let after = self.ground.stage.objects();
        assert!(!self.ground.before.written(&after).contains(&THEIRS.into()), "`{THEIRS}` was written to");
    }

    fn fails(&self, version: &Version) -> Ran {
        let ran = self.ground.install(&version.bundle(), ["--rollback-on-failure"]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        ran
    }

    /// Begins an install, and waits until it has the Lease; returns who that is, too.
    fn begin_install(&self, file: &str) -> (Child, String) {
        let program = ["exec", bundle_testing::support::program(), "install", file, "--key", "mine.pub"];
        let more = ["--trusted-root", "root.json", "--site", "site.yaml"];
        let mut command = self.ground.stage.command(program.into_iter().chain(more));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        loop {
            let field = "--output=jsonpath={.spec.holderIdentity}";
            let lease = self.ground.stage.kubectl(LEASE.into_iter().chain([field]));
            if !lease.stdout.is_empty() {
                return (child, lease.stdout);
            }
            assert!(child.try_wait().expect("a process").is_none(), "it ends, and never had the Lease");
        }
    }
}

fn state(ground: &Ground) -> State {
    State::of(|arguments| ground.stage.kubectl(arguments.iter().copied()))
}

fn heading(difference: &str) -> &str {
    difference.lines().next().unwrap_or_default()
}

/// The first continues only when the test lets it, so it is still running when the second asks.
pub fn of_two_installs_at_once_the_second_says_who_is_at_it(versions: &Versions) {
    let Versions { ground, .. } = versions;
    let (child, holder) = versions.begin_install(&GATED.bundle());
    let second = ground.install(&GATED.bundle(), []);
    assert_eq!((second.code, second.stdout.as_str()), (Some(1), ""), "{second:?}");
    let said = format!("error: `{holder}` is changing the installed objects, since ");
    assert!(second.stderr.contains(&said), "{said}: {}", second.stderr);
    let metadata = json!({"name": GATE, "namespace": NAMESPACE});
    ground.create(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})).ok();
    let first = Ran::from(child.wait_with_output().expect("its end")).ok();
    assert!(first.ends_with("\ninstalled homelab-security 2026.12.0\n"), "{first}");
    ground.stage.kubectl(["delete", "configmap", GATE, &format!("--namespace={NAMESPACE}")]).ok();
}

pub fn an_upgrade_changes_what_differs_and_nothing_else(versions: &Versions) {
    versions.is_installed(&GATED);
    let differences = versions.differences();
    let changed: Vec<_> = differences.iter().map(|difference| heading(difference)).collect();
    let expected = [
        "not there: networking.k8s.io/v1 NetworkPolicy sealed/allow-dns",
        "not there: networking.k8s.io/v1 NetworkPolicy sealed/default-deny-all",
        "apps/v1 Deployment sealed/web:",
        "constraints.gatekeeper.sh/v1beta1 K8sBlockLatestTag block-latest-tag:",
        "constraints.gatekeeper.sh/v1beta1 K8sContainerLimits require-container-limits:",
        "constraints.gatekeeper.sh/v1beta1 K8sPSPPrivilegedContainer deny-privileged-containers:",
        "constraints.gatekeeper.sh/v1beta1 K8sRequiredLabels require-labels:",
        "v1 ConfigMap sealed/settings:",
    ];
    assert_eq!(changed, expected);
}

pub fn a_downgrade_comes_to_the_state_that_was(versions: &Versions) {
    let ran = versions.ground.install(&FIRST.bundle(), []).ok();
    assert!(ran.ends_with("\ninstalled homelab-security 2026.11.0\n"), "{ran}");
    versions.the_first_is_there();
}

/// What was applied before the layer that failed is undone, too.
pub fn an_upgrade_that_does_not_become_ready_goes_back(versions: &Versions) {
    let ran = versions.fails(&CRASHING);
    for said in [
        "\nerror: layer `80-web` is not ready after 20 s: deployment sealed/web: ",
        "container web: ",
        "Error, exit code 1",
        "\ncomplete:    30-constraints (0 created, 4 changed, 0 unchanged)\n",
        "\nfailed:      80-web (0 created, 2 changed, 0 unchanged)\n\
         not started: 90-after\n\
         rolled back to homelab-security 2026.11.0: 0 objects created, 6 changed, 41 unchanged, 0 pruned\n",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(ran.stdout, "");
    versions.the_first_is_there();
}

/// Everything was applied, and the additional objects of the first version were removed.
pub fn an_upgrade_that_does_not_enforce_goes_back(versions: &Versions) {
    let ran = versions.fails(&CLAIMING);
    assert!(ran.stdout.contains("\nFAIL  80-web/anything-is-refused\n"), "{}", ran.stdout);
    let end = "\n1 objects created, 5 changed, 40 unchanged, 2 pruned\n\
               NOT installed: the applied policies do not enforce\n\
               rolled back to homelab-security 2026.11.0: 2 objects created, 5 changed, 40 unchanged, 1 pruned\n";
    assert!(ran.stdout.ends_with(end), "{}", ran.stdout);
    versions.the_first_is_there();
}

pub fn uninstall_leaves_the_cluster_as_it_was(Versions { ground, .. }: &Versions) {
    let ran = uninstall(ground);
    assert!(ran.starts_with("uninstalled homelab-security 2026.11.0: "), "{ran}");
    let after = ground.stage.objects();
    assert_eq!(ground.before.changes(&after), Vec::<String>::new());
    assert!(!ground.before.written(&after).contains(&THEIRS.into()), "`{THEIRS}` was written to");
}
