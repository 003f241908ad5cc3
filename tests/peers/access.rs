//! Debian's docker-registry behind TLS of an own authority, client certificates and passwords; no secret is ever told.

use std::fs;
use std::process::Command;

use super::registry::Registry;
use super::tokens::{SERVICE, Tokens, login};
use bundle_testing::authority;
use bundle_testing::programs::Programs;
use bundle_testing::support::Ran;
use bundle_testing::tiny::Tiny;
use bundle_testing::tls::Tls;

pub const USER: &str = "someone";
pub const SECRET: &str = "planted-password";
// Both as `htpasswd -B` writes and as a header carries them.
pub const HASHED: &str = "someone:$2y$05$abcdefghijklmnopqrstuuXXXUKy4cODBo6oD0fJZB1CSpIzxX0SW\n";
pub const ENCODED: &str = "c29tZW9uZTpwbGFudGVkLXBhc3N3b3Jk";

/// A bundle, and certificates beside it.
fn ready() -> Tiny {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.build()).ok();
    authority::make(tiny.stack.folder.path());
    tiny
}

/// Pushes from a machine that has no store of certificate authorities.
fn push(tiny: &Tiny, registry: &Registry, more: &[&str]) -> Ran {
    let folder = tiny.stack.folder.path();
    let mut command = Command::new(bundle_testing::support::program());
    command.args(["push", "tiny.tar", &registry.address, "--insecure-unsigned", "--retries", "0"]).args(more);
    command.current_dir(folder).env_clear().env("HOME", folder);
    command.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent");
    let ran: Ran = command.output().expect("the program runs").into();
    for secret in [SECRET, ENCODED, "PRIVATE KEY"] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:?}");
    }
    ran
}

fn tls(tiny: &Tiny, more: &str) -> String {
    let file = |name: &str| tiny.stack.path(name).display().to_string();
    format!(", tls: {{certificate: {:?}, key: {:?}{more}}}", file("server.pem"), file("server.key"))
}

#[test]
fn a_registry_of_an_own_authority_takes_a_push_from_a_machine_without_any() {
    let programs = Programs::need(&["docker-registry"]);
    let tiny = ready();
    let registry = Registry::docker_with(&programs, tiny.stack.folder.path(), &tls(&tiny, ""), "");
    let other = push(&tiny, &registry, &["--ca", "client.pem"]);
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("invalid peer certificate"), "{other:?}");
    push(&tiny, &registry, &["--ca", "ca.pem"]).ok();
    let again = push(&tiny, &registry, &["--ca", "ca.pem"]).ok();
    assert!(again.contains(": 0 entries, 0 blobs, 0 bytes; "), "{again}");
    let none = push(&tiny, &registry, &["--ca", "nothing.pem"]);
    assert_eq!(
        none.stderr,
        "error: `nothing.pem`: cannot be read: No such file or directory (os error 2)\n\n\
         hint: name PEM files; paths are relative to the working directory\n"
    );
}

#[test]
fn a_registry_that_wants_a_client_certificate_is_shown_one() {
    let programs = Programs::need(&["docker-registry"]);
    let tiny = ready();
    let clients = format!(", clientcas: [{:?}]", tiny.stack.path("ca.pem").display().to_string());
    let registry = Registry::docker_with(&programs, tiny.stack.folder.path(), &tls(&tiny, &clients), "");
    let anonymous = push(&tiny, &registry, &["--ca", "ca.pem"]);
    assert_eq!(anonymous.code, Some(2), "{anonymous:?}");
    let shown = ["--ca", "ca.pem", "--client-certificate", "client.pem", "--client-key", "client.key"];
    push(&tiny, &registry, &shown).ok();
    let mixed = push(&tiny, &registry, &[&shown[..5], &["ca.pem"]].concat());
    let said = "error: the client certificate `client.pem` with the key `ca.pem`: expected both as PEM, the key without a password";
    assert_eq!(mixed.stderr.lines().next(), Some(said));
}

#[test]
fn a_registry_behind_a_password_gets_the_stored_one_and_no_output_shows_it() {
    let programs = Programs::need(&["docker-registry"]);
    let tiny = ready();
    let folder = tiny.stack.folder.path();
    let passwords = tiny.stack.write("htpasswd", HASHED).display().to_string();
    let sections = format!("auth: {{htpasswd: {{realm: tests, path: {passwords:?}}}}}\n");
    let registry = Registry::docker_with(&programs, folder, "", &sections);
    let anonymous = push(&tiny, &registry, &[]);
    assert!(anonymous.stderr.contains(" refuses access (401)"), "{anonymous:?}");
    fs::create_dir(folder.join(".docker")).expect("a folder");
    let store = |auth: &str| {
        let logins = serde_json::json!({"auths": {&registry.address: {"auth": auth}}});
        fs::write(folder.join(".docker/config.json"), logins.to_string()).expect("a file");
    };
    // Of another user, and then a text that is no base64.
    store("bm9ib2R5OnBsYW50ZWQtcGFzc3dvcmQ=");
    let refused = push(&tiny, &registry, &[]);
    assert!(refused.stderr.contains(" refuses access (401)"), "{refused:?}");
    store(&format!("{USER}:{SECRET}"));
    let unreadable = push(&tiny, &registry, &[]);
    assert!(unreadable.stderr.contains("is not base64 of USER:PASSWORD"), "{unreadable:?}");
    store(ENCODED);
    push(&tiny, &registry, &[]).ok();
}

#[test]
fn a_registry_behind_a_token_service_takes_tokens_each_fetched_once() {
    let programs = Programs::need(&["docker-registry"]);
    let tiny = ready();
    let folder = tiny.stack.folder.path();
    let tokens = Tokens::start(&tiny.stack, folder, "server", &login(USER, SECRET));
    let bundle = tiny.stack.path("ca.pem").display().to_string();
    let sections = format!(
        "auth: {{token: {{realm: 'http://{}/token', service: {SERVICE}, issuer: tests, rootcertbundle: {bundle:?}}}}}\n",
        tokens.address
    );
    let registry = Registry::docker_with(&programs, folder, "", &sections);
    let anonymous = push(&tiny, &registry, &[]);
    let said = format!("the token service `http://{}/token` answered 401: who are you?", tokens.address);
    assert!(anonymous.stderr.contains(&said), "{anonymous:?}");
    fs::create_dir(folder.join(".docker")).expect("a folder");
    let logins = serde_json::json!({"auths": {&registry.address: {"auth": ENCODED}}});
    fs::write(folder.join(".docker/config.json"), logins.to_string()).expect("a file");
    push(&tiny, &registry, &[]).ok();
    let mut asked = tokens.asked();
    asked.sort();
    let scope = |path: &str, actions: &str| vec![format!("repository:falcosecurity/{path}:{actions}")];
    let both = |path: &str| [scope(path, "pull"), scope(path, "pull,push")];
    assert_eq!(asked, [both("falco"), both("rules/falco-rules")].concat());
}

#[test]
fn a_registrys_ca_is_trusted_for_its_token_service_too() {
    let programs = Programs::need(&["docker-registry"]);
    let tiny = ready();
    let folder = tiny.stack.folder.path();
    let tokens = Tokens::start(&tiny.stack, folder, "server", &login(USER, SECRET));
    let service = Tls::start(&tiny.stack, folder, tokens.address);
    let bundle = tiny.stack.path("ca.pem").display().to_string();
    let sections = format!(
        "auth: {{token: {{realm: 'https://{}/token', service: {SERVICE}, issuer: tests, rootcertbundle: {bundle:?}}}}}\n",
        service.address
    );
    let registry = Registry::docker_with(&programs, folder, &tls(&tiny, ""), &sections);
    fs::create_dir(folder.join(".docker")).expect("a folder");
    let logins = serde_json::json!({"auths": {&registry.address: {"auth": ENCODED}}});
    fs::write(folder.join(".docker/config.json"), logins.to_string()).expect("a file");
    push(&tiny, &registry, &["--ca", "ca.pem"]).ok();
    assert!(!tokens.asked().is_empty());
}
