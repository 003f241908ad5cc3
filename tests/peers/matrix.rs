//! The whole stand-in stack in every registry and served from the file, read back by every client that knows how to reach it.
//!
//! A way is a registry and how it is guarded. Of each, every client reads all that is of its kind: crane every image and artifact by tag
//! and digest, skopeo copies every image with all platforms, oras pulls every artifact and lists what refers to it, cosign verifies every
//! signature of upstream's, falcoctl installs Falco's plugins and rules,
//! Trivy downloads its databases and its checks.

use std::fs;
use std::path::Path;

use super::matrix_clients::{Client, Guard};
use super::read::{entries, sealed};
use super::registry::Registry;
use super::tokens::{SERVICE, Tokens, login};
use bundle_testing::authority;
use bundle_testing::programs::Programs;
use bundle_testing::served::Served;
use bundle_testing::support::Stack;

const PROGRAMS: [&str; 8] =
    ["cosign", "crane", "distribution", "docker-registry", "falcoctl", "oras", "skopeo", "trivy"];
// As `htpasswd -B` writes it, for the password below.
const HASHED: &str = "someone:$2y$05$abcdefghijklmnopqrstuuXXXUKy4cODBo6oD0fJZB1CSpIzxX0SW\n";
const LOGIN: (&str, &str) = ("someone", "planted-password");

/// What was read of a way: the number of entries, or why a client does not apply.
const EXPECTED: &str = "\
docker-registry 2.8: crane 15, skopeo 9, oras 6, cosign 13, falcoctl 3, trivy 3
distribution 3.1: crane 15, skopeo 9, oras 6, cosign 13, falcoctl 3, trivy 3
crane registry: crane 15, skopeo 9, oras 6, cosign 13, falcoctl 3, trivy 3
docker-registry, htpasswd: crane 15, skopeo 9, oras 6, cosign 13, falcoctl 3, trivy 3
docker-registry, tokens: crane -, skopeo 9, oras 6, cosign -, falcoctl 3, trivy -
docker-registry, TLS of an own authority: crane 15, skopeo 9, oras 6, cosign 13, falcoctl 3, trivy 3
docker-registry, client certificates: crane -, skopeo 9, oras 6, cosign 13, falcoctl -, trivy -
bundle serve: crane 15, skopeo 9, oras 6, cosign 13, falcoctl 3, trivy 3
bundle serve, TLS of an own authority: crane 15, skopeo 9, oras 6, cosign 13, falcoctl 3, trivy 3
";

#[test]
fn every_client_reads_everything_from_every_registry() {
    let programs = Programs::need(&PROGRAMS);
    let stack = sealed();
    let folder = stack.folder.path();
    authority::make(folder);
    let mut said = String::new();
    let mut row = |name: &str, registry: &Registry, guard: Guard| {
        push(&stack, &registry.address, guard);
        said.push_str(&format!("{name}: {}\n", read(&programs, &stack, &registry.address, guard)));
    };
    row("docker-registry 2.8", &Registry::docker(&programs, folder), Guard::None);
    row("distribution 3.1", &Registry::distribution(&programs, folder), Guard::None);
    row("crane registry", &Registry::crane(&programs, folder), Guard::None);
    row("docker-registry, htpasswd", &with_passwords(&programs, &stack), Guard::Login);
    row("docker-registry, tokens", &with_tokens(&programs, &stack), Guard::Tokens);
    let tls = with_tls(&programs, &stack, "");
    row("docker-registry, TLS of an own authority", &tls, Guard::Authority);
    let clients = format!(", clientcas: [{:?}]", stack.path("ca.pem").display().to_string());
    let clients = with_tls(&programs, &stack, &clients);
    row("docker-registry, client certificates", &clients, Guard::Clients);
    for (name, certificate, guard) in [
        ("bundle serve", &[][..], Guard::None),
        (
            "bundle serve, TLS of an own authority",
            &["--tls-cert", "server.pem", "--tls-key", "server.key"],
            Guard::Authority,
        ),
    ] {
        let served = Served::start(folder, &[&["--key", "mine.pub", "--quiet"], certificate].concat());
        log_in(folder, &served.address, guard);
        said.push_str(&format!("{name}: {}\n", read(&programs, &stack, &served.address, guard)));
    }
    assert_eq!(said, EXPECTED);
}

fn push(stack: &Stack, address: &str, guard: Guard) {
    log_in(stack.folder.path(), address, guard);
    stack.bundle(["push", "b.tar", address, "--key", "mine.pub"].iter().chain(guard.push_flags())).ok();
}

/// Lets every client read; returns what each read.
fn read(programs: &Programs, stack: &Stack, address: &str, guard: Guard) -> String {
    let client = Client { programs, stack, address, guard };
    let counts = [
        ("crane", client.crane(&[entries(stack, "image"), entries(stack, "artifact")].concat())),
        ("skopeo", client.skopeo(&entries(stack, "image"))),
        ("oras", client.oras(&entries(stack, "artifact"))),
        ("cosign", client.cosign()),
        ("falcoctl", client.falcoctl()),
        ("trivy", client.trivy(&entries(stack, "artifact"))),
    ];
    let text = |(name, count): (&str, Option<usize>)| {
        format!("{name} {}", count.map_or("-".to_owned(), |count| count.to_string()))
    };
    counts.map(text).join(", ")
}

/// Writes the credentials where every client looks for them.
fn log_in(folder: &Path, address: &str, guard: Guard) {
    fs::create_dir_all(folder.join(".docker")).expect("a folder");
    let auths = match guard {
        Guard::Login | Guard::Tokens => serde_json::json!({address: {"auth": login(LOGIN.0, LOGIN.1)}}),
        _ => serde_json::json!({}),
    };
    let config = serde_json::json!({"auths": auths}).to_string();
    fs::write(folder.join(".docker/config.json"), config).expect("a file");
}

fn with_passwords(programs: &Programs, stack: &Stack) -> Registry {
    let passwords = stack.write("htpasswd", HASHED).display().to_string();
    let sections = format!("auth: {{htpasswd: {{realm: tests, path: {passwords:?}}}}}\n");
    Registry::docker_in(programs, stack.folder.path(), "passwords", "", &sections)
}

fn with_tokens(programs: &Programs, stack: &Stack) -> Registry {
    let folder = stack.folder.path();
    let tokens = Tokens::start(stack, folder, "server", &login(LOGIN.0, LOGIN.1));
    let bundle = stack.path("ca.pem").display().to_string();
    let sections = format!(
        "auth: {{token: {{realm: 'http://{}/token', service: {SERVICE}, issuer: tests, rootcertbundle: {bundle:?}}}}}\n",
        tokens.address
    );
    Registry::docker_in(programs, folder, "tokens", "", &sections)
}

fn with_tls(programs: &Programs, stack: &Stack, more: &str) -> Registry {
    let file = |name: &str| stack.path(name).display().to_string();
    let tls =
        format!(", tls: {{certificate: {:?}, key: {:?}{more}}}", file("server.pem"), file("server.key"));
    let name = if more.is_empty() { "tls" } else { "clients" };
    Registry::docker_in(programs, stack.folder.path(), name, &tls, "")
}
