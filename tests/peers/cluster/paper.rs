//! A whole cluster on paper: API server, controllers and scheduler are real, its nodes and their pods are played by kwok.

use std::fs;
use std::ops::Deref;
use std::path::Path;

use serde_json::json;

use super::api_server::ApiServer;
use super::process::Process;
use bundle_testing::cluster::node;
use bundle_testing::programs::Programs;
use bundle_testing::support::project;

/// What it is made of.
pub const PROGRAMS: [&str; 7] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubectl", "openssl"];
/// Nodes are ready from the start and never silent, so no controller has to watch them.
const CONTROLLERS: &str = "--controllers=*,-ttl-controller,-node-lifecycle-controller,-node-ipam-controller,-cloud-node-lifecycle-controller";
/// The controllers ask more often than they would on a machine with other work.
const HASTE: [&str; 2] = ["--kube-api-qps=1000", "--kube-api-burst=1000"];

/// The cluster; it ends when this is dropped. `admin.kubeconfig` in its folder leads to it.
pub struct PaperCluster<'a> {
    server: ApiServer<'a>,
    players: Option<[Process; 3]>,
    programs: &'a Programs,
    folder: &'a Path,
}

impl<'a> PaperCluster<'a> {
    /// Starts one in a folder, with so many nodes.
    pub fn start(programs: &'a Programs, folder: &'a Path, nodes: usize) -> Self {
        let server = ApiServer::start(programs, folder, "TaintNodesByCondition");
        let players = Some(play(programs, folder));
        let cluster = Self { server, players, programs, folder };
        let nodes: Vec<_> = (1..=nodes).map(|number| node(number, &json!([]))).collect();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": nodes});
        fs::write(folder.join("nodes.json"), list.to_string()).expect("a file");
        cluster.kubectl(&["create", "--filename=nodes.json"]).ok();
        let made = ["serviceaccount/default", "configmap/kube-root-ca.crt", "--timeout=60s"];
        cluster.kubectl(&[&["wait", "--for=create"], &made[..]].concat()).ok();
        cluster
    }

    /// Kills the API server, and starts it again; the store stays. The controllers end when they lose it, and are started again.
    pub fn restart(&mut self) {
        self.players = None;
        self.server.restart();
        self.players = Some(play(self.programs, self.folder));
    }
}

impl<'a> Deref for PaperCluster<'a> {
    type Target = ApiServer<'a>;

    fn deref(&self) -> &Self::Target {
        &self.server
    }
}

/// Starts what makes the objects come alive.
fn play(programs: &Programs, folder: &Path) -> [Process; 3] {
    let start = |name: &str, arguments: &[&str]| {
        let common = ["--kubeconfig=admin.kubeconfig"];
        Process::start(programs, folder, name, &[&common, arguments].concat())
    };
    let unserved = ["--leader-elect=false", "--secure-port=0", HASTE[0], HASTE[1]];
    let keys = ["--service-account-private-key-file=sa.key", "--root-ca-file=pki/apiserver.crt"];
    let stages = format!("--config={}", project().join("tests/stage/kwok.yaml").display());
    let nodes = ["--manage-all-nodes", "--node-lease-duration-seconds=0", "--cidr=10.128.0.0/16"];
    [
        start("kube-controller-manager", &[&unserved[..], &keys, &[CONTROLLERS]].concat()),
        start("kube-scheduler", &unserved),
        start("kwok", &[&[stages.as_str()], &nodes[..]].concat()),
    ]
}
