//! The stand-ins of Falco's parts take what is shipped, and stop at what the real programs stop at.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use super::rendered::Rendered;
use bundle_testing::internet::standin;
use bundle_testing::support::Ran;

/// The program, compiled once, in a folder of its own.
static PROGRAM: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    let program = standin(folder.path()).expect("the stand-in");
    (folder, program)
});

fn program(what: &str) -> Command {
    let mut command = Command::new(&PROGRAM.1);
    command.env_clear().env("STANDIN_FOR", what);
    command
}

fn ran(command: &mut Command) -> Ran {
    command.output().expect("the program runs").into()
}

/// A node on which Falco's files lie as the layers and the composed image put them.
struct Node(TempDir);

impl Node {
    fn new(set: &Rendered) -> Self {
        let node = Self(TempDir::new().expect("a folder"));
        for (name, text) in set.object("ConfigMap", "falco").expect("it")["data"].as_object().expect("data") {
            node.write(&format!("/etc/falco/{name}"), text.as_str().expect("a text"));
        }
        node.write("/etc/falco/falco_rules.yaml", "");
        node.write("/etc/falco/config.d/falco.container_plugin.yaml", "load_plugins: [container]");
        node.write("/usr/share/falco/plugins/libcontainer.so", "");
        node.write("/usr/share/falco/plugins/libk8smeta.so", "");
        node.write(&format!("/host{}", set.socket), "");
        node
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Changes the text of the configuration.
    fn replace(&self, from: &str, to: &str) {
        let path = self.path("/etc/falco/falco.yaml");
        let text = fs::read_to_string(&path).expect("the configuration");
        assert!(text.contains(from), "no `{from}` in {text}");
        fs::write(path, text.replace(from, to)).expect("a file");
    }

    fn falco(&self) -> Ran {
        let mut command = program("Falco 0.44.1");
        command
            .env("STANDIN_ROOT", self.0.path())
            .env("HOST_ROOT", "/host")
            .env("FALCO_K8S_NODE_NAME", "node1");
        ran(&mut command)
    }
}

#[test]
fn falco_takes_what_is_shipped() {
    for set in [Rendered::homelab(), Rendered::lumen()] {
        let ran = Node::new(&set).falco();
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn falco_stops_at_a_configuration_that_it_cannot_run_with() {
    let other = "[container, k8smeta, json]";
    for (from, to, said) in [
        (
            "config_files: []",
            "config_files: [/etc/falco/config.d]",
            "cannot register plugin: found another plugin with name container. Aborting.",
        ),
        ("[container, k8smeta]", other, "Cannot load plugin 'json': plugin config not found for given name"),
        ("[container, k8smeta]", "[container]", "plugin k8smeta is not loaded"),
        (
            "docker: {enabled: false, sockets: [/var/run/docker.sock]}",
            "docker: {enabled: false, sockets: []}",
            "error in plugin init config: Value type not permitted by 'type' constraint: docker: {enabled: false, sockets: []}",
        ),
        (
            "      verbosity: info",
            "      verbosity: ~",
            "error in plugin init config: Value type not permitted by 'type' constraint: verbosity: ~",
        ),
        ("json_output: true", "grpc: {}\njson_output: true", "unknown key grpc:"),
        ("json_output: true", "json_output: false", "the line `json_output: true` is missing"),
        ("  kind: modern_ebpf", "  kind: kmod", "the line `kind: modern_ebpf` is missing"),
        ("/run/k3s/", "/run/", "nobody listens at /host/run/containerd/containerd.sock"),
        ("falco_rules.yaml", "rules.yaml", "there are no rules in /etc/falco/rules.yaml"),
    ] {
        let node = Node::new(&Rendered::lumen());
        node.replace(from, to);
        let ran = node.falco();
        assert_eq!((ran.code, ran.stderr), (Some(1), format!("error: {said}\n")), "{from} -> {to}");
    }
}

#[test]
fn falco_stops_where_something_is_missing() {
    let node = Node::new(&Rendered::lumen());
    fs::remove_file(node.path("/usr/share/falco/plugins/libk8smeta.so")).expect("removed");
    let said = "error: cannot load plugin /usr/share/falco/plugins/libk8smeta.so: no such file\n";
    assert_eq!((node.falco().code, node.falco().stderr.as_str()), (Some(1), said));
    let ran = ran(program("Falco 0.44.1").env("STANDIN_ROOT", "/nonexistent"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("error: cannot read /etc/falco/falco.yaml: "), "{}", ran.stderr);
}

#[test]
fn the_collector_wants_its_subcommand() {
    let refused = ran(&mut program("k8s-metacollector 0.1.3"));
    assert_eq!((refused.code, refused.stderr.as_str()), (Some(1), "error: usage: meta-collector run\n"));
    assert_eq!(ran(program("k8s-metacollector 0.1.3").arg("run")).code, Some(0));
}

#[test]
fn falcosidekick_wants_an_address() {
    let told = |value: &str| ran(program("falcosidekick 2.34.1").env("ALERTMANAGER_HOSTPORT", value));
    assert_eq!(
        told("alertmanager:9093").stderr,
        "error: ALERTMANAGER_HOSTPORT: alertmanager:9093 is not an address\n"
    );
    assert_eq!(told("http://a.monitoring.svc:9093,http://b:9093").code, Some(0));
    assert_eq!(told("").code, Some(0));
}

#[test]
fn the_collector_tells_of_its_health_on_the_second_port_alone() {
    let mut command = program("k8s-metacollector 0.1.3");
    let mut child =
        command.arg("run").env("STANDIN_PORTS", "0,0").stdout(Stdio::piped()).spawn().expect("it runs");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines().skip(1).take(2);
    let ports: Vec<u16> = lines
        .map(|line| line.expect("a line").rsplit(' ').next().expect("a port").parse().expect("a number"))
        .collect();
    let status = |port: u16, path: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\n\r\n").expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        text.split(' ').nth(1).expect("a status").to_owned()
    };
    let told =
        ["/healthz", "/readyz", "/metrics"].map(|path| [status(ports[0], path), status(ports[1], path)]);
    child.kill().and_then(|()| child.wait()).expect("it ends");
    assert_eq!(told, [["404", "200"], ["404", "200"], ["200", "404"]]);
}
