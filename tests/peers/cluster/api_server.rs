//! A real API server and its store, and nothing else of a cluster: what it takes is well-formed, whether or not it runs.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::process::Process;
use bundle_testing::cluster::audit::{AuditLog, POLICY};
use bundle_testing::programs::Programs;
use bundle_testing::support::Ran;

const TOKEN: &str = "administrator";
/// The token of a user who may do nothing.
pub const POWERLESS: &str = "powerless";

/// The server; it ends when this is dropped.
pub struct ApiServer<'a> {
    /// What `bundle` asked of it.
    pub audit: AuditLog,
    programs: &'a Programs,
    folder: &'a Path,
    address: String,
    arguments: Vec<String>,
    server: Process,
    _etcd: Process,
}

impl<'a> ApiServer<'a> {
    /// Starts it in a folder, without the named admission plugins.
    pub fn start(programs: &'a Programs, folder: &'a Path, without: &str) -> Self {
        let admission = format!("--disable-admission-plugins={without}");
        fs::write(
            folder.join("tokens.csv"),
            format!("{TOKEN},admin,1,system:masters\n{POWERLESS},powerless,2\n"),
        )
        .expect("a file");
        fs::write(folder.join("audit.json"), POLICY).expect("a file");
        let key = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "sa.key"];
        programs.run("openssl", folder, &key).ok();
        let (etcd, store) = start_etcd(programs, folder);
        let port = free_port();
        let secure = format!("--secure-port={port}");
        let arguments = [store.as_str(), &secure, &admission].into_iter().chain(ARGUMENTS);
        let arguments: Vec<_> = arguments.map(str::to_owned).collect();
        let audit = AuditLog::default();
        let server = start_server(programs, folder, &arguments, &audit);
        let address = format!("https://127.0.0.1:{port}");
        let started = Self { audit, programs, folder, address, arguments, server, _etcd: etcd };
        started.write_kubeconfig("admin.kubeconfig", TOKEN);
        started.wait();
        started
    }

    /// Kills the server, and starts it again; the store stays.
    pub fn restart(&mut self) {
        self.server.kill();
        self.server = start_server(self.programs, self.folder, &self.arguments, &self.audit);
        self.wait();
    }

    /// Runs `kubectl` as an administrator.
    pub fn kubectl(&self, arguments: &[&str]) -> Ran {
        self.programs.run("kubectl", self.folder, &[&["--kubeconfig=admin.kubeconfig"], arguments].concat())
    }

    /// Writes a kubeconfig into its folder; the server makes the certificate when it starts.
    pub fn write_kubeconfig(&self, file: &str, token: &str) {
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: paper\n\
             clusters: [{{name: paper, cluster: {{server: \"{}\", certificate-authority: pki/apiserver.crt}}}}]\n\
             users: [{{name: admin, user: {{token: {token}}}}}]\n\
             contexts: [{{name: paper, context: {{cluster: paper, user: admin}}}}]\n",
            self.address
        );
        fs::write(self.folder.join(file), kubeconfig).expect("a file");
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.kubectl(&["get", "--raw=/readyz"]).code != Some(0)
            || self.kubectl(&["get", "namespace", "kube-system"]).code != Some(0)
        {
            let log = || fs::read_to_string(self.folder.join("kube-apiserver.log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "the API server does not come up: {}", log());
        }
    }
}

/// What is the same for every server.
const ARGUMENTS: [&str; 11] = [
    "--bind-address=127.0.0.1",
    "--cert-dir=pki",
    "--token-auth-file=tokens.csv",
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-key-file=sa.key",
    "--service-account-signing-key-file=sa.key",
    "--allow-privileged=true",
    "--audit-policy-file=audit.json",
    "--audit-log-path=-",
];

/// Starts the store; returns it, and the argument that tells a server where it is.
fn start_etcd(programs: &Programs, folder: &Path) -> (Process, String) {
    let [client, peer] = [(); 2].map(|()| format!("http://127.0.0.1:{}", free_port()));
    let etcd = Process::start(
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
    (etcd, format!("--etcd-servers={client}"))
}

fn start_server(programs: &Programs, folder: &Path, arguments: &[String], audit: &AuditLog) -> Process {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (server, printed) = Process::read(programs, folder, "kube-apiserver", &arguments);
    audit.follow(printed);
    server
}

/// Finds a port for a program that cannot choose one itself. It is below the range of outgoing connections, as one of
/// them could take it before the program does, and differs for each process of tests.
// See: ip_local_port_range in ip(7)
fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const PORTS: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let port = || FIRST + (std::process::id() * 61 + NEXT.fetch_add(1, Ordering::Relaxed)) % PORTS;
    let mut ports = std::iter::repeat_with(port).map(|port| u16::try_from(port).expect("it is small"));
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("one of them is free")
}
