//! Two upstream hosts with one path, kept apart in real registries and by `serve`: each name leads to what its host has.

use airgap_bundle::oci::Descriptor;
use tempfile::TempDir;

use super::registry::Registry;
use bundle_testing::made::Made;
use bundle_testing::programs::Programs;
use bundle_testing::served::Served;
use bundle_testing::support::bundle;

const PATHS: [&str; 3] = ["--insecure-unsigned", "--path", "quay.io=mirror/quay"];

/// A bundle `b.tar` with `acme/app:1` of two hosts, and what each of them has.
fn two_hosts(folder: &TempDir) -> (Descriptor, Descriptor) {
    let mut made = Made::default();
    let hub = made.image("docker.io/acme/app:1", b"of Docker's");
    let quay = made.image("quay.io/acme/app:1", b"of Quay's");
    made.referrer("quay.io/acme/app", "application/vnd.acme.note", &quay);
    made.write(folder.path());
    (hub, quay)
}

fn digest(programs: &Programs, folder: &TempDir, name: &str) -> String {
    programs.run("crane", folder.path(), &["digest", name]).ok().trim().to_owned()
}

#[test]
fn what_two_hosts_have_under_one_path_is_pushed_apart() {
    let programs = Programs::need(&["crane", "docker-registry", "distribution", "oras"]);
    let folder = TempDir::new().expect("a folder");
    let (hub, quay) = two_hosts(&folder);
    let registries = [
        Registry::docker(&programs, folder.path()),
        Registry::distribution(&programs, folder.path()),
        Registry::crane(&programs, folder.path()),
    ];
    for Registry { address, .. } in &registries {
        let target = format!("{address}/edge");
        let refused = bundle(folder.path(), ["push", "b.tar", &target, "--insecure-unsigned"]);
        let said = "error: `docker.io/acme/app` and `quay.io/acme/app` would both become `acme/app`\n";
        assert_eq!((refused.code, refused.stderr.contains(said)), (Some(1), true), "{}", refused.stderr);
        bundle(folder.path(), ["push", "b.tar", &target].iter().chain(&PATHS)).ok();
        assert_eq!(digest(&programs, &folder, &format!("{target}/acme/app:1")), hub.digest.to_string());
        let other = format!("{target}/mirror/quay/acme/app:1");
        assert_eq!(digest(&programs, &folder, &other), quay.digest.to_string());
        let discover = ["discover", "--plain-http", "-o", "json", &other];
        let found = programs.run("oras", folder.path(), &discover).ok();
        assert!(found.contains("application/vnd.acme.note"), "{found}");
        let misspelt = ["push", "b.tar", &target, "--path", "quai.io=other"];
        let again = bundle(folder.path(), misspelt.iter().chain(&PATHS));
        let warned = "warning: `quai.io` has a path of its own, but the bundle has nothing from that host\n";
        assert!(again.stderr.starts_with(warned), "{}", again.stderr);
        let again = again.ok();
        assert!(again.contains(": 0 entries, 0 blobs, 0 bytes; 3 entries already there"), "{again}");
    }
}

#[test]
fn what_two_hosts_have_under_one_path_is_served_apart() {
    let programs = Programs::need(&["crane"]);
    let folder = TempDir::new().expect("a folder");
    let (hub, quay) = two_hosts(&folder);
    let served = Served::start(folder.path(), &[&PATHS[..], &["--prefix", "edge"]].concat());
    let here = |path: &str| format!("{}/edge/{path}:1", served.address);
    assert_eq!(digest(&programs, &folder, &here("acme/app")), hub.digest.to_string());
    assert_eq!(digest(&programs, &folder, &here("mirror/quay/acme/app")), quay.digest.to_string());
    let repositories = programs.run("crane", folder.path(), &["catalog", &served.address]).ok();
    assert_eq!(repositories, "edge/acme/app\nedge/mirror/quay/acme/app\n");
}
