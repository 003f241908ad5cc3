//! The clients of the matrix: how each is configured for a registry's TLS and logins, and what it reads.

use std::fs;

use bundle_testing::internet::sigstore::{GITHUB, signings};
use bundle_testing::programs::Programs;
use bundle_testing::support::{Ran, Stack};

/// How a registry is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Not at all, over plain HTTP.
    None,
    /// By a name and a password, over plain HTTP.
    Login,
    /// By tokens of a service on this machine, over plain HTTP.
    Tokens,
    /// By TLS with a certificate of an own authority.
    Authority,
    /// By TLS that asks for a client's certificate.
    Clients,
}

impl Guard {
    fn is_tls(self) -> bool {
        matches!(self, Self::Authority | Self::Clients)
    }

    /// Returns the flags of `bundle push`.
    pub fn push_flags(self) -> &'static [&'static str] {
        const CLIENTS: [&str; 6] =
            ["--ca", "ca.pem", "--client-certificate", "client.pem", "--client-key", "client.key"];
        match self {
            Self::None | Self::Login | Self::Tokens => &[],
            Self::Authority => &CLIENTS[..2],
            Self::Clients => &CLIENTS,
        }
    }
}

/// The clients, before one registry.
pub struct Client<'a> {
    pub programs: &'a Programs,
    pub stack: &'a Stack,
    pub address: &'a str,
    pub guard: Guard,
}

impl Client<'_> {
    /// Runs a client that takes its authorities from the environment.
    fn run(&self, program: &str, arguments: &[&str]) -> Ran {
        let mut command = self.programs.command(program, self.stack.folder.path());
        if self.guard.is_tls() {
            command.env("SSL_CERT_FILE", "ca.pem");
        }
        command.args(arguments).output().expect("the program runs").into()
    }

    /// Returns the name under which the registry has an entry.
    fn here(&self, name: &str) -> String {
        let (_, path) = name.split_once('/').expect("a host");
        format!("{}/{path}", self.address)
    }

    /// Reads every entry by its tag and by its digest. It cannot show a certificate, and asks no token service on a loopback address.
    pub fn crane(&self, entries: &[(String, String)]) -> Option<usize> {
        if matches!(self.guard, Guard::Clients | Guard::Tokens) {
            return None;
        }
        for (name, digest) in entries {
            let here = self.here(name);
            assert_eq!(self.run("crane", &["digest", &here]).ok().trim(), digest, "{name}");
            let (repository, _) = here.rsplit_once(':').expect("a tag");
            self.run("crane", &["manifest", &format!("{repository}@{digest}")]).ok();
        }
        Some(entries.len())
    }

    /// Copies every image with all its platforms.
    pub fn skopeo(&self, images: &[(String, String)]) -> Option<usize> {
        let certificates = self.stack.path("certificates");
        fs::create_dir_all(&certificates).expect("a folder");
        for (from, to) in [("ca.pem", "ca.crt"), ("client.pem", "client.cert"), ("client.key", "client.key")]
        {
            fs::copy(self.stack.path(from), certificates.join(to)).expect("a copy");
        }
        let tls: &[&str] = match self.guard {
            Guard::None | Guard::Login | Guard::Tokens => &["--src-tls-verify=false"],
            Guard::Authority | Guard::Clients => &["--src-cert-dir", "certificates"],
        };
        for (name, _) in images {
            let from = format!("docker://{}", self.here(name));
            let fixed =
                ["copy", "--insecure-policy", "--quiet", "--all", "--authfile", ".docker/config.json"];
            self.run("skopeo", &[&fixed[..], tls, &[&from, "dir:copied"]].concat()).ok();
            fs::remove_dir_all(self.stack.path("copied")).expect("a copy");
        }
        Some(images.len())
    }

    /// Pulls every artifact.
    pub fn oras(&self, artifacts: &[(String, String)]) -> Option<usize> {
        let tls: &[&str] = match self.guard {
            Guard::None | Guard::Login | Guard::Tokens => &["--plain-http"],
            Guard::Authority => &["--ca-file", "ca.pem"],
            Guard::Clients => {
                &["--ca-file", "ca.pem", "--cert-file", "client.pem", "--key-file", "client.key"]
            }
        };
        for (name, _) in artifacts {
            let here = self.here(name);
            let platform: &[&str] =
                if name.contains("/plugin/") { &["--platform", "linux/amd64"] } else { &[] };
            self.run("oras", &[&["pull", "--output", "pulled", &here][..], platform, tls].concat()).ok();
            assert!(fs::read_dir(self.stack.path("pulled")).expect("a folder").count() > 0, "{name}");
            fs::remove_dir_all(self.stack.path("pulled")).expect("what was pulled");
        }
        Some(artifacts.len())
    }

    /// Verifies every signature that upstream made. Like crane, it asks no token service on a loopback address.
    pub fn cosign(&self) -> Option<usize> {
        if self.guard == Guard::Tokens {
            return None;
        }
        let tls: &[&str] = match self.guard {
            Guard::None | Guard::Login | Guard::Tokens => &[],
            Guard::Authority => &["--registry-cacert", "ca.pem"],
            Guard::Clients => {
                const FLAGS: [&str; 6] = [
                    "--registry-cacert",
                    "ca.pem",
                    "--registry-client-cert",
                    "client.pem",
                    "--registry-client-key",
                    "client.key",
                ];
                &FLAGS
            }
        };
        let mut verified = 0;
        for item in &self.stack.upstream.published {
            let image = format!("{}/{}@{}", self.address, item.reference.repository(), item.digest);
            for signing in signings(&item.reference) {
                let flags = ["verify", "--offline", "--trusted-root", "root.json", &image];
                let by = ["--certificate-oidc-issuer", GITHUB, "--certificate-identity", &signing.identity];
                self.run("cosign", &[&flags[..], &by, tls].concat()).ok();
                verified += 1;
            }
        }
        Some(verified)
    }

    /// Installs the plugins and the rules. It cannot show a certificate.
    pub fn falcoctl(&self) -> Option<usize> {
        if self.guard == Guard::Clients {
            return None;
        }
        let index = self.stack.write("falcoctl-index.yaml", "[]\n").display().to_string();
        let config = format!("indexes:\n  - {{name: none, url: 'file://{index}', backend: file}}\n");
        self.stack.write("falcoctl.yaml", &config);
        let names =
            ["plugins/plugin/container:0.7.1", "plugins/plugin/k8smeta:0.4.1", "rules/falco-rules:5.1.0"];
        for name in names {
            let reference = format!("{}/falcosecurity/{name}", self.address);
            let flags =
                ["artifact", "install", &reference, "--config", "falcoctl.yaml", "--resolve-deps=false"];
            let to =
                ["--plugins-dir", "installed", "--rulesfiles-dir", "installed", "--platform", "linux/amd64"];
            let tls: &[&str] = if self.guard.is_tls() { &[] } else { &["--plain-http"] };
            fs::create_dir_all(self.stack.path("installed")).expect("a folder");
            self.run("falcoctl", &[&flags[..], &to, tls].concat()).ok();
            assert!(fs::read_dir(self.stack.path("installed")).expect("a folder").count() > 0, "{name}");
            fs::remove_dir_all(self.stack.path("installed")).expect("what was installed");
        }
        Some(names.len())
    }

    /// Downloads the databases and the checks, each by the tag and digest that a scan job uses. It cannot show a certificate, and
    /// asks no token service on a loopback address.
    pub fn trivy(&self, artifacts: &[(String, String)]) -> Option<usize> {
        if matches!(self.guard, Guard::Clients | Guard::Tokens) {
            return None;
        }
        let downloads: [(&str, &[&str], &str); 3] = [
            ("trivy-db", &["image", "--download-db-only", "--db-repository"], "db/trivy.db"),
            (
                "trivy-java-db",
                &["image", "--download-java-db-only", "--java-db-repository"],
                "java-db/trivy-java.db",
            ),
            ("trivy-checks", &["config", "--checks-bundle-repository"], "policy/content"),
        ];
        fs::create_dir_all(self.stack.path("nothing")).expect("a folder");
        for (name, flags, got) in downloads {
            let is_it = |(entry, _): &&(String, String)| entry.contains(&format!("/{name}:"));
            let (entry, digest) = artifacts.iter().find(is_it).expect("an artifact");
            let reference = format!("{}@{digest}", self.here(entry));
            let quiet = ["--cache-dir", "scanner", "--skip-version-check", "--disable-telemetry"];
            let scanned: &[&str] = if flags[0] == "config" { &["nothing"] } else { &[] };
            self.run("trivy", &[flags, &[&reference], &quiet, scanned].concat()).ok();
            assert!(self.stack.path("scanner").join(got).exists(), "{name}");
            fs::remove_dir_all(self.stack.path("scanner")).expect("what was downloaded");
        }
        Some(downloads.len())
    }
}
