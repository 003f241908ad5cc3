//! Connections between real pods: on the stage's network, which enforces no NetworkPolicy, and behind a stand-in for one
//! that does.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::ground::{Ground, NAMESPACE};
use bundle_testing::support::Ran;

const LAYER: &str = "40-network-policies";
const CLOSED: [&str; 4] = [
    "web-to-cache-reversed-is-closed",
    "web-to-cache-on-port-6380-is-closed",
    "into-sealed-is-closed",
    "out-of-sealed-is-closed",
];

/// Stands in for a network plugin that enforces the policies of one flow: it learns the pods' addresses from the API server as
/// plugins do, and drops or rejects what begins to talk to one of them in another way. It reads no NetworkPolicy.
const STANDIN: &str = r#"
nft -f - <<END || exit 1
table ip standin {
  set probes { type ipv4_addr; }
  set web { type ipv4_addr; }
  set cache { type ipv4_addr; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    ip saddr @web ip daddr @cache tcp dport 6379 accept
    ip daddr @probes tcp flags & (syn | ack) == syn $0
  }
}
END
echo enforcing
kubectl get pods --all-namespaces --selector=bundle/live-probe --watch \
  --output='jsonpath={.status.podIP},{.metadata.labels.app}{"\n"}' |
  while IFS=, read -r address app; do
    [ -z "$address" ] || nft add element ip standin probes "{ $address }" || exit
    case $address/$app in ?*/web | ?*/cache) nft add element ip standin "$app" "{ $address }" ;; esac
  done
"#;

/// The stand-in, until it is dropped.
struct Enforced<'a>(&'a Ground, Child);

impl<'a> Enforced<'a> {
    fn by(ground: &'a Ground, verdict: &str) -> Self {
        let mut command = ground.stage.command(["exec", "sh", "-c", STANDIN, verdict]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the stand-in runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
        assert_eq!(line, "enforcing\n");
        Self(ground, child)
    }
}

impl Drop for Enforced<'_> {
    fn drop(&mut self) {
        let _ = self.1.kill();
        let _ = self.1.wait();
        self.0.stage.exec(["nft", "delete", "table", "ip", "standin"]);
    }
}

pub fn the_bundle_is_installed(ground: &Ground) {
    ground.install("b.tar", []).ok();
}

fn probe(ground: &Ground) -> Ran {
    let site = ground.stage.directory.with_file_name("site.yaml");
    let site = std::fs::read_to_string(site).expect("a site");
    let flow = "name: web-to-cache, from: {namespace: sealed, pods: {app: web}}, \
                to: {namespace: sealed, pods: {app: cache}}, ports: [6379]";
    ground.stack.write("live.yaml", &format!("{site}network:\n  flows: [{{{flow}}}]\n"));
    ground.stage.bundle(["probe", "--live", "b.tar", "--key", "mine.pub", "--site", "live.yaml"])
}

fn no_pod_is_left(ground: &Ground) {
    let pods = ["pods", "--all-namespaces", "--selector=bundle/live-probe"];
    ground.stage.kubectl(["wait", "--for=delete", "--timeout=30s"].into_iter().chain(pods)).ok();
    assert_eq!(ground.stage.kubectl(["get", "--output=name"].into_iter().chain(pods)).ok(), "");
}

pub fn a_network_that_enforces_nothing_is_named(ground: &Ground) {
    let ran = probe(ground);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains(&format!("ok    {LAYER}/web-to-cache-is-open\n       open\n")), "{ran:?}");
    let verdict = "open, as is everything that must be closed: the cluster's network plugin does not enforce NetworkPolicies";
    for name in CLOSED {
        assert!(ran.stdout.contains(&format!("FAIL  {LAYER}/{name}\n       `")), "{name}: {}", ran.stdout);
    }
    assert_eq!(ran.stdout.matches(verdict).count(), CLOSED.len(), "{}", ran.stdout);
    no_pod_is_left(ground);
}

pub fn a_network_that_drops_or_rejects_passes(ground: &Ground) {
    for verdict in ["drop", "reject with tcp reset"] {
        let enforced = Enforced::by(ground, verdict);
        let ran = probe(ground);
        drop(enforced);
        assert_eq!(ran.code, Some(0), "{verdict}: {ran:?}");
        for name in CLOSED {
            let closed = format!("ok    {LAYER}/{name}\n       closed: ");
            assert!(ran.stdout.contains(&closed), "{verdict}: {name}: {}", ran.stdout);
        }
        no_pod_is_left(ground);
    }
}

/// The connections are dropped, so they take their time: the run is ended in the middle of it.
pub fn what_is_interrupted_leaves_no_pod(ground: &Ground) {
    let _enforced = Enforced::by(ground, "drop");
    let bundle = bundle_testing::support::program();
    let arguments = ["exec", bundle, "probe", "--live", "b.tar", "--key", "mine.pub", "--site", "live.yaml"];
    let mut child = ground.stage.command(arguments).spawn().expect("it runs");
    let selector = "--selector=bundle/live-probe=client";
    let namespace = format!("--namespace={NAMESPACE}");
    ground.stage.kubectl(["wait", "--for=create", "pods", selector, &namespace, "--timeout=60s"]).ok();
    let id = child.id().to_string();
    ground.stage.exec(["kill", "-INT", &id]).ok();
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
    no_pod_is_left(ground);
}
