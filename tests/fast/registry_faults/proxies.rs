//! The proxies of the environment: what goes through them, what does not, and the error if a proxy refuses.

mod authorities;
mod forward;
mod refusals;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;

use bundle_testing::authority;
use bundle_testing::internet::{Answer, Fault};
use bundle_testing::support::Ran;
use bundle_testing::tiny::Tiny;
use bundle_testing::tls::Tls;
use forward::{Forward, Manner};

const LOGIN: &str = "someone:planted-password";
/// The login as a header carries it.
const ENCODED: &str = "c29tZW9uZTpwbGFudGVkLXBhc3N3b3Jk";

fn built() -> Tiny {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.build()).ok();
    tiny
}

/// Runs the program with these variables and nothing else of this machine's, which has no certificate authorities.
fn run(tiny: &Tiny, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let folder = tiny.stack.folder.path();
    let mut command = Command::new(bundle_testing::support::program());
    command.args(arguments).args(["--insecure-unsigned", "--retries", "0"]).current_dir(folder).env_clear();
    command.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent");
    let ran: Ran = command
        .env("HOME", folder)
        .envs(variables.iter().copied())
        .output()
        .expect("the program runs")
        .into();
    for secret in ["planted", ENCODED] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:?}");
    }
    ran
}

fn push(tiny: &Tiny, target: &str, variables: &[(&str, &str)]) -> Ran {
    run(tiny, &["push", "tiny.tar", target, "--plain-http", target], variables)
}

/// Returns a proxy's address with a login.
fn named(proxy: &Forward) -> String {
    format!("http://{LOGIN}@{}", proxy.address)
}

fn hosts<const N: usize>(hosts: [(&str, SocketAddr); N]) -> BTreeMap<String, SocketAddr> {
    hosts.map(|(host, address)| (host.to_owned(), address)).into()
}

#[test]
fn a_push_and_a_build_go_through_tunnels_and_the_login_stays_with_the_proxy() {
    let tiny = built();
    let folder = tiny.stack.folder.path();
    authority::make(folder);
    let front = |name: &str| Tls::start(&tiny.stack, folder, tiny.front(name).address);
    let (hub, github, target) = (front("docker.io"), front("ghcr.io"), front("empty-1"));
    let found = hosts([
        ("hub.example:443", hub.address),
        ("github.example:443", github.address),
        ("registry.example:5000", target.address),
    ]);
    let proxy = Forward::start(&tiny.stack, Manner::Passes(found, Some(ENCODED)));
    let mirrors =
        "docker.io: {mirror: hub.example, ca: ca.pem}\nghcr.io: {mirror: github.example, ca: ca.pem}\n";
    tiny.stack.write("mirrors.yaml", mirrors);
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let build = ["build", "tiny.yaml", "-o", "again.tar", "--registries", "mirrors.yaml"];
        run(&tiny, &build, &[(name, &named(&proxy))]).ok();
        assert_eq!(proxy.asked(), ["CONNECT github.example:443", "CONNECT hub.example:443"], "{name}");
        std::fs::remove_file(tiny.stack.path("again.tar")).expect("the bundle");
        let push = ["push", "tiny.tar", "registry.example:5000", "--ca", "ca.pem"];
        run(&tiny, &push, &[(name, &named(&proxy))]).ok();
        assert_eq!(proxy.asked(), ["CONNECT registry.example:5000"], "{name}");
    }
    for (server, asked) in [(&hub, "get /v2/"), (&github, "get /v2/"), (&target, "put /v2/")] {
        let sent = server.sent();
        assert!(sent.contains(asked), "it was asked nothing: {sent}");
        let leaked = ["proxy-", &ENCODED.to_lowercase(), "planted"].map(|secret| sent.contains(secret));
        assert_eq!(leaked, [false; 3]);
    }
}

#[test]
fn a_redirect_to_another_host_goes_through_the_proxy_too() {
    let tiny = built();
    let folder = tiny.stack.folder.path();
    authority::make(folder);
    let tls = Tls::start(&tiny.stack, folder, tiny.front("ghcr.io").address);
    let found = hosts([("github.example:443", tls.address), ("store.example:8443", tls.address)]);
    let proxy = Forward::start(&tiny.stack, Manner::Passes(found, None));
    let docker = tiny.stack.upstream.addresses["docker.io"];
    // The CA of the registry signed the store's certificate, too.
    let mirrors =
        format!("docker.io: {{mirror: '{docker}'}}\nghcr.io: {{mirror: github.example, ca: ca.pem}}\n");
    tiny.stack.write("mirrors.yaml", &mirrors);
    let answer = Answer::Elsewhere("https://store.example:8443");
    tiny.front("ghcr.io").fault(Fault { times: Some(1), ..Fault::reading("/blobs/", answer) });
    let build = ["build", "tiny.yaml", "-o", "again.tar", "--registries", "mirrors.yaml"];
    run(&tiny, &build, &[("HTTPS_PROXY", &format!("http://{}", proxy.address))]).ok();
    assert_eq!(proxy.asked(), ["CONNECT github.example:443", "CONNECT store.example:8443"]);
}

#[test]
fn a_proxy_of_the_environment_is_used_but_not_to_this_machine() {
    let tiny = built();
    let empty = |number| tiny.stack.upstream.empty(number).expect("an empty registry");
    let found = hosts([("registry.example", empty(1))]);
    let proxy = Forward::start(&tiny.stack, Manner::Passes(found, Some(ENCODED)));
    for name in ["HTTP_PROXY", "http_proxy"] {
        push(&tiny, "registry.example", &[(name, &named(&proxy)), ("HTTPS_PROXY", "")]).ok();
        let asked = proxy.asked();
        assert!(!asked.is_empty(), "{name}");
        assert!(asked.iter().all(|line| line.contains(" http://registry.example/v2/")), "{asked:?}");
    }
    push(&tiny, &empty(2).to_string(), &[("HTTP_PROXY", &named(&proxy)), ("ALL_PROXY", &named(&proxy))]).ok();
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

/// `0.0.0.0` is this machine, too, but no loopback address: nothing that is sent there leaves it.
#[test]
fn a_host_in_no_proxy_is_asked_directly() {
    let tiny = built();
    let port = tiny.stack.upstream.empty(1).expect("an empty registry").port();
    let target = format!("0.0.0.0:{port}");
    let proxy = Forward::start(&tiny.stack, Manner::Answers("502 Bad Gateway"));
    let all = named(&proxy);
    let with = |name, except| push(&tiny, &target, &[("HTTP_PROXY", &all), (name, except)]);
    for (name, except) in
        [("NO_PROXY", ""), ("NO_PROXY", "10.0.0.0/8,registry.lan"), ("no_proxy", "0.0.0.0:1")]
    {
        assert_eq!(with(name, except).code, Some(2));
        assert!(!proxy.asked().is_empty(), "{name}={except}");
    }
    let same_port = format!("x, {target}");
    for (name, except) in [
        ("NO_PROXY", "0.0.0.0"),
        ("no_proxy", "0.0.0.0/8"),
        ("NO_PROXY", same_port.as_str()),
        ("NO_PROXY", "*"),
    ] {
        with(name, except).ok();
        assert_eq!(proxy.asked(), Vec::<String>::new(), "{name}={except}");
    }
    // Where both are given, the first that says something counts, as for the proxies themselves.
    push(&tiny, &target, &[("HTTP_PROXY", &all), ("NO_PROXY", ""), ("no_proxy", "*")]).ok();
}
