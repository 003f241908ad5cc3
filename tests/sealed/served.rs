//! The bundle as the node's only registry: `bundle serve`, and nothing that is pushed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use super::ground::{Ground, NAMESPACE};
use super::pods::restricted_pod;
use bundle_testing::made::Made;

/// Where things are: Docker Hub's have a path of their own.
const PLACES: [&str; 4] = ["--prefix", "edge", "--path", "docker.io=hub"];
const TAGGED: &str = "docker.io/falcosecurity/falcosidekick:2.34.1";

/// `bundle serve` in the node's network; it ends when this is dropped.
struct Served {
    address: String,
    process: Child,
}

impl Served {
    fn start<'a>(ground: &Ground, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let serve = ["exec", bundle_testing::support::program(), "serve", "--listen", "127.0.0.1:0"];
        let mut command = ground.stage.command(serve.into_iter().chain(arguments));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a process");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("a text");
        let address = first.strip_prefix("serving on ").unwrap_or_else(|| panic!("{first}")).to_owned();
        Self { address, process }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Tells containerd where the images of a host are, as Talos does.
fn mirror(folder: &Path, host: &str, address: &str, path: &str) {
    let endpoint = format!("http://{address}/v2/{path}");
    let text = format!(
        "server = \"{endpoint}\"\n[host.\"{endpoint}\"]\n  override_path = true\n  capabilities = [\"pull\", \"resolve\"]\n"
    );
    fs::create_dir_all(folder.join(host)).expect("a folder");
    fs::write(folder.join(host).join("hosts.toml"), text).expect("a file");
}

/// A node gets what each of two hosts has, though both have the same name for it.
pub fn two_hosts_of_one_path_reach_the_node_apart(ground: &Ground) {
    let (folder, mut made) = (ground.stack.path("two"), Made::default());
    fs::create_dir_all(&folder).expect("a folder");
    let names = ["docker.io/acme/app:1", "quay.io/acme/app:1"];
    let images = names.map(|name| made.image(name, name.as_bytes()));
    let file = made.write(&folder);
    let file = file.to_str().expect("a plain path");
    let paths = ["--insecure-unsigned", "--prefix", "edge", "--path", "quay.io=quay"];
    let served = Served::start(ground, [file].into_iter().chain(paths));
    for (host, path) in [("docker.io", "edge"), ("quay.io", "edge/quay")] {
        mirror(&folder, host, &served.address, path);
    }
    for (name, image) in names.iter().zip(images) {
        let hosts = folder.to_str().expect("a plain path");
        ctr(ground, &["--namespace", "two", "content", "fetch", "--hosts-dir", hosts, name]);
        let listed = ctr(ground, &["--namespace", "two", "images", "list", &format!("name=={name}")]);
        assert!(listed.contains(&image.digest.to_string()), "{listed}");
        ctr(ground, &["--namespace", "two", "images", "rm", "--sync", name]);
    }
}

/// Nothing that the registry gave is left on the node; then the node asks the served bundle, where the site says that things are, and the
/// registry hears of nothing.
pub fn a_served_bundle_is_registry_enough(ground: &Ground) {
    forget_images(ground);
    let served = Served::start(ground, ["b.tar", "--key", "mine.pub"].into_iter().chain(PLACES));
    for (host, path) in [("docker.io", "edge/hub"), ("ghcr.io", "edge"), ("bundle.local", "edge")] {
        mirror(&ground.stage.directory.join("certs.d"), host, &served.address, path);
    }
    let heard = ground.stage.read("registry.log").len();
    let site = fs::read_to_string(ground.stack.path("site.yaml")).expect("a site");
    let port = served.address.rsplit_once(':').expect("a port").1;
    let site = site.replace("10.77.0.1:5000", &format!("10.77.0.1:{port}"));
    let site =
        site.replace("images: mirror\n", "images: mirror\n  prefix: edge\n  paths: {docker.io: hub}\n");
    ground.stack.write("served.yaml", &site.replace("127.0.0.1:5000", &served.address));
    let arguments =
        ["install", "b.tar", "--key", "mine.pub", "--trusted-root", "root.json", "--site", "served.yaml"];
    let ran = ground.stage.bundle(arguments);
    assert!(ran.stderr.contains("\npushed 0 blobs (0 bytes) to "), "{}", ran.stderr);
    assert!(ran.ok().ends_with("\ninstalled homelab-security 2026.11.0\n"));
    ground.create(&restricted_pod("tagged", TAGGED)).ok();
    let namespace = format!("--namespace={NAMESPACE}");
    ground.stage.kubectl(["wait", "--for=condition=Ready", "pod/tagged", &namespace, "--timeout=60s"]).ok();
    for (name, _) in ground.entries("image") {
        ctr(ground, &["images", "pull", "--hosts-dir", &hosts(ground), &name]);
    }
    let log = ground.stage.read("registry.log");
    assert_eq!(&log[heard..], "", "the registry was asked");
}

fn hosts(ground: &Ground) -> String {
    ground.stage.directory.join("certs.d").to_str().expect("a plain path").to_owned()
}

fn ctr(ground: &Ground, arguments: &[&str]) -> String {
    let socket = ground.stage.directory.join("node/run/containerd/containerd.sock");
    let fixed = ["ctr", "--address", socket.to_str().expect("a plain path"), "--namespace", "k8s.io"];
    ground.stage.exec(fixed.into_iter().chain(arguments.iter().copied())).ok()
}

/// Takes every image of a bundle off the node, with what belongs to it. The sandbox is the stage's own, and stays.
fn forget_images(ground: &Ground) {
    for space in ["k8s.io", "imported"] {
        let listed = ctr(ground, &["--namespace", space, "images", "list"]);
        // REF TYPE DIGEST …; an image has a name by its tag, one by its digest, and one that is its identity.
        let rows = listed.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
        let rows: Vec<_> = rows.map(|row| (row[0], row[2])).collect();
        let kept: Vec<_> =
            rows.iter().filter(|(name, _)| name.contains("stage/pause")).map(|(_, digest)| *digest).collect();
        let ours = rows.iter().filter(|(_, digest)| !kept.contains(digest)).map(|(name, _)| *name);
        let remove = ["--namespace", space, "images", "rm", "--sync"];
        ctr(ground, &[&remove[..], &ours.collect::<Vec<_>>()].concat());
    }
    let kept = ctr(ground, &["content", "list", "--quiet"]);
    for (name, digest) in ground.entries("image") {
        assert!(!kept.contains(&digest), "`{name}` is still on the node");
    }
}
