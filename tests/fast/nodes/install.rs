//! install.sh on a folder that stands for a host: what it installs, and what it refuses to touch.
//!
//! K3s itself is a fake here, a script that does nothing; what is shown is where things go, not that K3s runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bundle_testing::carried::{Carried, SiteText, Transport};
use bundle_testing::support::Ran;

const FAKE_K3S: &[u8] = b"#!/bin/sh\n# a fake K3s\n";
const FAKE_IMAGES: &[u8] = b"fake images";
const FILES: [(&str, &[u8]); 4] = [
    ("k3s", FAKE_K3S),
    ("k3s-arm64", FAKE_K3S),
    ("k3s-airgap-images-amd64.tar.zst", FAKE_IMAGES),
    ("k3s-airgap-images-arm64.tar.zst", FAKE_IMAGES),
];
const SITE: SiteText =
    SiteText { platform: "k3s", images: "mirror", prefix: "", quay: "", transport: Transport::OwnAuthority };

/// A rendered site, the files of K3s beside it, and an empty host.
struct Host {
    carried: Carried,
    script: PathBuf,
}

impl Host {
    fn new() -> Self {
        let carried = Carried::new(&FILES);
        let script = carried.render(&SITE).join("nodes/install.sh");
        fs::create_dir(carried.path("k3s")).expect("a folder");
        for (name, content) in FILES {
            fs::write(carried.path("k3s").join(name), content).expect("a file");
        }
        Self { carried, script }
    }

    fn install(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::new("sh");
        command.arg(&self.script).args(arguments).args(["--root", "host"]);
        command.current_dir(self.carried.folder.path()).env_clear();
        // Nothing that could ask a network is on this path: only what any system has.
        command.env("PATH", "/usr/bin:/bin").envs(environment.iter().copied());
        command.output().expect("a shell").into()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.carried.path("host").join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).expect("a file").permissions().mode() & 0o777
    }
}

fn all(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flat_map(|entry| {
            let path = entry.expect("an entry").path();
            if path.is_dir() { all(&path) } else { vec![path.display().to_string()] }
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_host_with_nothing_on_it_gets_everything_from_the_bundle() {
    let host = Host::new();
    let said = host.install(&["server", "k3s", "--preload", "b.tar"], &[]).ok();
    assert!(said.contains("installed host/usr/local/bin/k3s\n"), "{said}");
    assert_eq!(fs::read(host.path("usr/local/bin/k3s")).expect("a program"), FAKE_K3S);
    assert_eq!(host.mode("usr/local/bin/k3s"), 0o755);
    let images = "var/lib/rancher/k3s/agent/images";
    assert_eq!(all(&host.path(images)).len(), 2);
    let bundle = fs::read(host.carried.path("b.tar")).expect("a bundle");
    assert!(fs::read(host.path(&format!("{images}/bundle.tar"))).expect("a bundle") == bundle);
    for (target, node_file) in [
        ("etc/rancher/k3s/config.yaml", "config-server.yaml"),
        ("etc/rancher/k3s/registries.yaml", "registries.yaml"),
        ("etc/rancher/k3s/registry-ca.crt", "registry-ca.crt"),
    ] {
        let rendered = fs::read_to_string(host.script.with_file_name(node_file)).expect("a node file");
        assert_eq!(host.text(target), rendered);
    }
    assert_eq!(host.mode("etc/rancher/k3s/registries.yaml"), 0o600, "a password may be added to it");
    let unit = host.text("etc/systemd/system/k3s.service");
    assert!(
        unit.contains("\nExecStart=/usr/local/bin/k3s server\n") && unit.contains("\nType=notify\n"),
        "{unit}"
    );
    assert_eq!(fs::read_link(host.path("usr/local/bin/kubectl")).expect("a link"), Path::new("k3s"));
    assert!(host.script.metadata().expect("a script").permissions().mode() & 0o111 != 0, "it can be run");
}

#[test]
fn run_again_it_changes_nothing() {
    let host = Host::new();
    host.install(&["server", "k3s"], &[]).ok();
    let before = all(&host.path(""));
    assert_eq!(host.install(&["server", "k3s"], &[]).ok(), "nothing had to be changed\n");
    assert_eq!(all(&host.path("")), before);
}

#[test]
fn a_newer_program_takes_the_place_of_the_older() {
    let host = Host::new();
    host.install(&["server", "k3s"], &[]).ok();
    fs::write(host.path("usr/local/bin/k3s"), "older").expect("a file");
    let said = host.install(&["server", "k3s"], &[]).ok();
    assert_eq!(said, "installed host/usr/local/bin/k3s\n");
    assert_eq!(fs::read(host.path("usr/local/bin/k3s")).expect("a program"), FAKE_K3S);
}

#[test]
fn differing_configuration_is_kept_unless_overwriting_is_asked_for() {
    let host = Host::new();
    let own = "token: planted\n";
    fs::create_dir_all(host.path("etc/rancher/k3s")).expect("a folder");
    fs::write(host.path("etc/rancher/k3s/config.yaml"), own).expect("a file");
    let refused = host.install(&["server", "k3s"], &[]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .stderr
            .starts_with("error: `host/etc/rancher/k3s/config.yaml` is there already and differs from"),
        "{refused:?}"
    );
    assert_eq!(all(&host.path("")).len(), 1, "nothing was installed before it was looked at");
    let said = host.install(&["server", "k3s", "--replace"], &[]).ok();
    assert!(
        said.contains(
            "kept the old host/etc/rancher/k3s/config.yaml as host/etc/rancher/k3s/config.yaml.old\n"
        ),
        "{said}"
    );
    assert_eq!(host.text("etc/rancher/k3s/config.yaml.old"), own);
}

#[test]
fn a_file_that_is_not_what_the_lock_says_is_refused() {
    for (name, content, words) in [
        ("k3s", &b"#!/bin/sh\n# another\n"[..], "is not what the bundle's lock says: expected sha256"),
        ("k3s-airgap-images-amd64.tar.zst", b"", "is not what the bundle's lock says"),
    ] {
        let host = Host::new();
        fs::write(host.carried.path("k3s").join(name), content).expect("a file");
        fs::write(host.carried.path("k3s").join(name.replace("amd64", "arm64")), content).expect("a file");
        fs::write(host.carried.path("k3s/k3s-arm64"), if name == "k3s" { content } else { FAKE_K3S })
            .expect("a file");
        let refused = host.install(&["server", "k3s"], &[]);
        assert_eq!(refused.code, Some(1));
        assert!(refused.stderr.contains(words), "{refused:?}");
        assert_eq!(all(&host.path("")), Vec::<String>::new());
    }
    let host = Host::new();
    fs::remove_dir_all(host.carried.path("k3s")).expect("a folder");
    fs::create_dir(host.carried.path("k3s")).expect("a folder");
    let refused = host.install(&["server", "k3s"], &[]);
    assert!(refused.stderr.contains("is not there\n\nhint: bundle extract BUNDLE k3s"), "{refused:?}");
}

#[test]
fn an_agent_gets_its_server_and_no_other_user_can_read_the_token() {
    let host = Host::new();
    let lost = host.install(&["agent", "k3s"], &[]);
    assert!(lost.stderr.starts_with("error: an agent has to know its server\n"), "{lost:?}");
    let environment = [("K3S_URL", "https://10.0.0.2:6443"), ("K3S_TOKEN", "planted-token")];
    let said = host.install(&["agent", "k3s"], &environment);
    assert!(!said.stdout.contains("planted-token") && !said.stderr.contains("planted-token"), "{said:?}");
    said.ok();
    let file = "etc/systemd/system/k3s-agent.service.env";
    assert_eq!(host.text(file), "K3S_URL='https://10.0.0.2:6443'\nK3S_TOKEN='planted-token'\n");
    assert_eq!(host.mode(file), 0o600);
    assert!(host.text("etc/systemd/system/k3s-agent.service").contains("k3s agent\n"));
    host.install(&["agent", "k3s"], &[]).ok();
}

#[test]
fn what_is_written_wrongly_is_explained() {
    let host = Host::new();
    for (arguments, words) in [
        (&[][..], "the first argument is ``, expected server or agent"),
        (&["worker", "k3s"], "the first argument is `worker`, expected server or agent"),
        (&["server", "nowhere"], "`nowhere` is not a folder"),
        (&["server", "k3s", "--force"], "there is no option `--force`"),
        (&["server", "k3s", "--preload", "nothing.tar"], "`nothing.tar` is not a file"),
    ] {
        let refused = host.install(arguments, &[]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        let hint =
            "hint: install.sh server|agent FOLDER [--preload BUNDLE] [--replace] [--no-start] [--root DIR]";
        assert_eq!(refused.stderr, format!("error: {words}\n\n{hint}\n"));
    }
}
