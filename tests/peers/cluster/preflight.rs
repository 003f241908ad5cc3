//! What would keep an install from working, against a real API server: all of it at once, before anything is changed.

use serde_json::{Value, json};

use super::api_server::{ApiServer, POWERLESS};
use bundle_testing::cluster::audit::Request;
use bundle_testing::internet::Options;
use bundle_testing::programs::{Programs, files};
use bundle_testing::support::{Ran, Stack};

const SITE: &str = "apiVersion: bundle/v1alpha1\nkind: Site\nplatform: k3s\n\
    network: {apiServer: {addresses: [10.0.0.2/32], port: 6443}}\n";

/// A bundle, an API server without a cluster behind it, and an empty registry.
struct Ground<'a> {
    stack: &'a Stack,
    server: ApiServer<'a>,
}

impl<'a> Ground<'a> {
    fn prepare(stack: &'a Stack, programs: &'a Programs) -> Self {
        stack.keys("mine");
        stack.build("b.tar", "mine");
        let without = "ServiceAccount,MutatingAdmissionWebhook,ValidatingAdmissionWebhook";
        let server = ApiServer::start(programs, stack.folder.path(), without);
        server.write_kubeconfig("powerless.kubeconfig", POWERLESS);
        Self { stack, server }
    }

    fn site(&self, registry: &str) {
        let port = registry.rsplit(':').next().expect("a port");
        let pods = format!("podAddress: '10.0.0.1:{port}', images: rewrite");
        self.stack.write("site.yaml", &format!("{SITE}registry: {{address: '{registry}', {pods}}}\n"));
    }

    fn install(&self, kubeconfig: &str, more: &[&str]) -> Ran {
        let arguments =
            ["install", "b.tar", "--key", "mine.pub", "--trusted-root", "root.json", "--site", "site.yaml"];
        self.stack.bundle(arguments.iter().chain(&["--kubeconfig", kubeconfig]).chain(more))
    }

    fn create(&self, objects: &Value) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        self.stack.write("objects.json", &list.to_string());
        self.server.kubectl(&["create", "--filename=objects.json"]).ok();
    }
}

fn node(name: &str, architecture: &str) -> Value {
    let info = json!({
        "operatingSystem": "linux", "architecture": architecture, "kernelVersion": "5.4.0-216-generic",
        "kubeletVersion": "v1.34.4+k3s1", "osImage": "Debian GNU/Linux 12 (bookworm)",
        "containerRuntimeVersion": "containerd://2.1.4-k3s1", "bootID": "", "machineID": "", "systemUUID": "",
        "kubeProxyVersion": "",
    });
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"nodeInfo": info}})
}

/// What others have made: their own Gatekeeper, and ours under their control, in a namespace that takes no such pods.
fn things_of_others() -> Value {
    let deployment = |namespace: &str, labels: &Value, annotations: Value| {
        let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}});
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "gatekeeper-audit", "namespace": namespace, "labels": labels, "annotations": annotations},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
        })
    };
    let namespace = |name: &str, labels: Value| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    let system = json!({"gatekeeper.sh/system": "yes"});
    let tracked =
        json!({"argocd.argoproj.io/tracking-id": "edge:apps/Deployment:gatekeeper-system/gatekeeper-audit"});
    json!([
        node("a", "amd64"),
        node("z", "s390x"),
        namespace("opa", json!({})),
        namespace("gatekeeper-system", json!({"pod-security.kubernetes.io/enforce": "restricted"})),
        deployment("opa", &system, json!({})),
        deployment("gatekeeper-system", &system, tracked),
    ])
}

#[test]
fn everything_that_would_fail_is_reported_at_once_and_nothing_is_changed() {
    let programs = Programs::need(&["etcd", "kube-apiserver", "kubectl", "openssl"]);
    let real = files();
    let stack = Stack::of("homelab", Some(&real), |options| Options {
        empty: 2,
        fronts: true,
        sign: true,
        ..options
    });
    let ground = Ground::prepare(&stack, &programs);
    let registry = stack.upstream.empty(1).expect("an empty registry").to_string();

    // On an API server that fits there is nothing to say, not even by a dry run of everything.
    ground.site(&registry);
    let ran = ground.install("admin.kubeconfig", &["--plan"]);
    assert_eq!(ran.code, Some(1), "there is everything to do: {}", ran.stderr);
    assert!(ran.stdout.starts_with("plan for homelab-security "), "{}{}", ran.stdout, ran.stderr);

    ground.create(&things_of_others());
    ground.site("127.0.0.1:1");
    let ran = ground.install("admin.kubeconfig", &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    insta::assert_snapshot!("administrator", ran.stdout);

    ground.site(&registry);
    let ran = ground.install("powerless.kubeconfig", &["--format", "json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["result"]["installed"], false);
    insta::assert_snapshot!("powerless", lines(&report["result"]["findings"]));

    let requests = ground.server.audit.take();
    let written = requests.iter().filter(|request| request.is_write() && !request.is_bookkeeping());
    assert_eq!(written.map(Request::line).collect::<Vec<_>>(), Vec::<String>::new());
    let asked = stack.upstream.front("empty-1").expect("a front").take_requests();
    let writes = asked
        .iter()
        .filter_map(|request| request.split(' ').next())
        .filter(|verb| !["GET", "HEAD"].contains(verb));
    let uploads: Vec<_> = writes.collect();
    assert_eq!(uploads, ["POST", "DELETE", "POST", "DELETE"], "opened and cancelled, for each user");
}

fn lines(findings: &Value) -> String {
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let line = |finding: &Value| {
        ["severity", "subject", "found", "expected"].map(|field| text(finding, field)).join(" | ")
    };
    findings.as_array().expect("findings").iter().map(line).collect::<Vec<_>>().join("\n")
}
