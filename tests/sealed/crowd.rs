//! A thousand nodes beside the real one, played by kwok: what is waited for on all of them is watched, and takes little memory.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::json;

use super::audit::Audit;
use super::ground::Ground;
use bundle_testing::cluster::audit::Request;
use bundle_testing::cluster::node;
use bundle_testing::served::{anonymous_kib, peak_kib};
use bundle_testing::support::{Ran, project};

const NODES: usize = 1000;
/// What any command may have. The pages of the program itself do not count here: unoptimized and with all that a debugger wants to
/// know, it is ten times as large as what is shipped. `scripts/bench --cluster` measures that with everything.
const MOST_KIB: u64 = 64 * 1024;
const MEASURED_EVERY: Duration = Duration::from_millis(10);

/// Only what tolerates everything comes to them: Falco, as on every node.
pub fn a_thousand_nodes_join(ground: &Ground) {
    let taints = json!([{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]);
    let nodes: Vec<_> = (1..=NODES).map(|number| node(number, &taints)).collect();
    let stages = project().join("tests/stage/kwok.yaml");
    let play = format!(
        "kwok --kubeconfig=$KUBECONFIG --config={} --manage-nodes-with-label-selector=type=kwok \
         --node-lease-duration-seconds=0 --cidr=10.99.0.0/16 >$STAGE_DIR/kwok.log 2>&1 &",
        stages.display()
    );
    ground.stage.exec(["sh", "-c", &play]).ok();
    // kubectl sends 300 requests as fast as it can, and then 50 a second.
    for some in nodes.chunks(250) {
        ground.create(&json!({"apiVersion": "v1", "kind": "List", "items": some})).ok();
    }
}

pub fn the_bundle_is_installed_on_all_of_them(ground: &Ground) {
    let audit = Audit::from_now(&ground.stage);
    let (ran, Peak { anonymous, whole }) = install(ground);
    assert!(ran.ok().ends_with("\ninstalled homelab-security 2026.11.0\n"));
    let falco =
        ["get", "daemonset", "--namespace=falco", "falco", "--output=jsonpath={.status.numberAvailable}"];
    assert_eq!(ground.stage.kubectl(falco).ok(), (NODES + 1).to_string());
    let requests = audit.requests(&ground.stage);
    eprintln!("stage: {} requests, among them watches: {:?}", requests.len(), watches(&requests));
    assert_eq!(watches(&requests).get("daemonsets"), Some(&1), "the one DaemonSet is watched once");
    let too_many = watches(&requests).into_iter().filter(|(kind, count)| *count > layers_with(kind));
    assert_eq!(too_many.collect::<Vec<_>>(), []);
    let endless: Vec<_> =
        requests.iter().filter(|request| request.is_endless_list()).map(Request::line).collect();
    assert_eq!(endless, Vec::<String>::new());
    eprintln!(
        "stage: peak memory of `install` with {NODES} nodes: {anonymous} KiB, {whole} KiB with its own program"
    );
    assert!(anonymous <= MOST_KIB, "{anonymous} KiB");
}

/// Returns how many layers wait for a kind.
fn layers_with(kind: &str) -> usize {
    // Gatekeeper, Falco's collector, falcosidekick, Trivy Operator; Gatekeeper and Trivy Operator.
    match kind {
        "deployments" => 4,
        "customresourcedefinitions" => 2,
        _ => 1,
    }
}

/// Counts the watches by the kind that is watched.
fn watches(requests: &[Request]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for request in requests.iter().filter(|request| request.is_watch()) {
        *counts.entry(request.resource()).or_default() += 1;
    }
    counts
}

/// The most memory that a program was seen with, in KiB.
#[derive(Default)]
struct Peak {
    /// For what it works on.
    anonymous: u64,
    /// With the pages of its own file.
    whole: u64,
}

impl Peak {
    fn look_at(&mut self, id: u32) {
        self.anonymous = anonymous_kib(id).unwrap_or_default().max(self.anonymous);
        self.whole = peak_kib(id).unwrap_or_default().max(self.whole);
    }
}

/// Installs, and returns the most memory that this took.
fn install(ground: &Ground) -> (Ran, Peak) {
    let program = [bundle_testing::support::program(), "install", "b.tar", "--key", "mine.pub"];
    let arguments =
        [&["exec"], &program[..], &["--trusted-root", "root.json", "--site", "site.yaml"]].concat();
    let mut command = ground.stage.command(arguments);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    measured(child.expect("a process"))
}

/// The stage's script becomes the program, so the process is the program's.
fn measured(child: Child) -> (Ran, Peak) {
    let (id, (done, ended)) = (child.id(), channel());
    let waiter = std::thread::spawn(move || {
        let output = child.wait_with_output().expect("its end");
        drop(done);
        Ran::from(output)
    });
    let mut peak = Peak::default();
    loop {
        peak.look_at(id);
        if let Err(RecvTimeoutError::Disconnected) = ended.recv_timeout(MEASURED_EVERY) as Result<(), _> {
            return (waiter.join().expect("its output"), peak);
        }
    }
}
