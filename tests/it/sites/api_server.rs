//! A real API server and its store, and nothing else of a cluster: what it takes is well-formed, whether or not it runs.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::peers::programs::Programs;
use crate::support::Ran;

const TOKEN: &str = "administrator";

/// The server; it ends when this is dropped.
pub struct ApiServer<'a> {
    programs: &'a Programs,
    folder: &'a Path,
    address: String,
    etcd: Child,
    server: Child,
}

impl<'a> ApiServer<'a> {
    /// Starts it in a folder.
    pub fn start(programs: &'a Programs, folder: &'a Path) -> Self {
        fs::write(folder.join("tokens.csv"), format!("{TOKEN},admin,1,system:masters\n")).expect("a file");
        let key = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "sa.key"];
        programs.run("openssl", folder, &key).ok();
        let [client, peer, secure] = [(); 3].map(|()| free_port());
        let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
        let etcd = spawn(
            programs,
            folder,
            "etcd",
            &[
                "--data-dir=etcd",
                "--unsafe-no-fsync",
                &format!("--listen-client-urls={client}"),
                &format!("--advertise-client-urls={client}"),
                &format!("--listen-peer-urls={peer}"),
                &format!("--initial-advertise-peer-urls={peer}"),
                &format!("--initial-cluster=default={peer}"),
            ],
        );
        let server = spawn(
            programs,
            folder,
            "kube-apiserver",
            &[
                &format!("--etcd-servers={client}"),
                &format!("--secure-port={secure}"),
                "--bind-address=127.0.0.1",
                "--cert-dir=pki",
                "--token-auth-file=tokens.csv",
                "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=sa.key",
                "--service-account-signing-key-file=sa.key",
                // Webhooks are among what it takes, and nobody answers for them here.
                "--disable-admission-plugins=ServiceAccount,MutatingAdmissionWebhook,ValidatingAdmissionWebhook",
                "--allow-privileged=true",
            ],
        );
        let address = format!("https://127.0.0.1:{secure}");
        let started = Self { programs, folder, address, etcd, server };
        started.wait();
        started
    }

    /// Runs `kubectl` as an administrator.
    pub fn kubectl(&self, arguments: &[&str]) -> Ran {
        let server = format!("--server={}", self.address);
        let token = format!("--token={TOKEN}");
        let whole = [&[server.as_str(), &token, "--insecure-skip-tls-verify"], arguments].concat();
        self.programs.run("kubectl", self.folder, &whole)
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.kubectl(&["get", "namespace", "kube-system"]).code != Some(0) {
            let log = || fs::read_to_string(self.folder.join("kube-apiserver.log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "the API server does not come up: {}", log());
        }
    }
}

impl Drop for ApiServer<'_> {
    fn drop(&mut self) {
        for child in [&mut self.server, &mut self.etcd] {
            _ = child.kill();
            _ = child.wait();
        }
    }
}

fn spawn(programs: &Programs, folder: &Path, name: &str, arguments: &[&str]) -> Child {
    let log = fs::File::create(folder.join(format!("{name}.log"))).expect("a file");
    let mut command = programs.command(name, folder);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().expect("a process")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
