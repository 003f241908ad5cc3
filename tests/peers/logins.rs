//! Every place where Docker and Podman store a login is read, in front of a real docker-registry behind a password.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::access::{ENCODED, HASHED, SECRET, USER};
use super::registry::Registry;
use bundle_testing::programs::Programs;
use bundle_testing::support::Ran;
use bundle_testing::tiny::Tiny;

/// A bundle, and a registry that wants a password.
fn ready() -> (Tiny, Registry) {
    let programs = Programs::need(&["docker-registry"]);
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.build()).ok();
    let passwords = tiny.stack.write("htpasswd", HASHED).display().to_string();
    let sections = format!("auth: {{htpasswd: {{realm: tests, path: {passwords:?}}}}}\n");
    let registry = Registry::docker_with(&programs, tiny.stack.folder.path(), "", &sections);
    (tiny, registry)
}

/// Pushes with these variables, each the name of a file or folder below the tests' own.
fn push(tiny: &Tiny, registry: &Registry, variables: &[(&str, &str)]) -> Ran {
    let folder = tiny.stack.folder.path();
    let mut command = Command::new(bundle_testing::support::program());
    command.args(["push", "tiny.tar", &registry.address, "--insecure-unsigned", "--retries", "0"]);
    command.current_dir(folder).env_clear();
    command.envs(variables.iter().map(|(name, path)| (name, folder.join(path))));
    let ran: Ran = command.output().expect("the program runs").into();
    for secret in [SECRET, ENCODED] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:?}");
    }
    ran
}

fn store(folder: &Path, file: &str, content: &Value) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, content.to_string()).expect("a file");
}

#[test]
fn a_login_is_found_wherever_docker_and_podman_store_it() {
    let (tiny, registry) = ready();
    let folder = tiny.stack.folder.path();
    let login = json!({"auths": {&registry.address: {"auth": ENCODED}}});
    let team = json!({"auths": {&registry.address: {"auth": "bm9ib2R5Onh4"}, format!("{}/falcosecurity", registry.address): {"auth": ENCODED}}});
    for (file, content, variables) in [
        ("h1/.docker/config.json", &login, &[("HOME", "h1")][..]),
        ("d/config.json", &login, &[("DOCKER_CONFIG", "d")]),
        ("a.json", &login, &[("REGISTRY_AUTH_FILE", "a.json")]),
        ("r/containers/auth.json", &login, &[("XDG_RUNTIME_DIR", "r")]),
        ("c/containers/auth.json", &login, &[("XDG_CONFIG_HOME", "c")]),
        ("h2/.config/containers/auth.json", &login, &[("HOME", "h2")]),
        ("t/containers/auth.json", &team, &[("XDG_RUNTIME_DIR", "t")]),
        // What was named comes first.
        (
            "d/config.json",
            &json!({"auths": {&registry.address: {"auth": "bm9ib2R5Onh4"}}}),
            &[("DOCKER_CONFIG", "d"), ("REGISTRY_AUTH_FILE", "a.json")],
        ),
    ] {
        store(folder, file, content);
        push(&tiny, &registry, variables).ok();
    }
    let other = push(&tiny, &registry, &[("DOCKER_CONFIG", "d")]);
    assert!(other.stderr.contains(" refuses access (401)"), "{other:?}");
}

#[test]
fn a_helper_is_run_once_and_what_it_says_is_kept() {
    let (tiny, registry) = ready();
    let folder = tiny.stack.folder.path();
    let script = format!(
        "#!/bin/sh\nread -r server\necho \"$1 $server\" >>'{}/asked'\necho '{{\"Username\": \"{USER}\", \"Secret\": \"{SECRET}\"}}'\n",
        folder.display()
    );
    let helper = tiny.stack.write("docker-credential-tests", &script);
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).expect("a program");
    store(folder, "d/config.json", &json!({"credHelpers": {&registry.address: "tests"}}));
    push(&tiny, &registry, &[("DOCKER_CONFIG", "d"), ("PATH", "")]).ok();
    let asked = fs::read_to_string(folder.join("asked")).expect("what it was asked");
    assert_eq!(asked, format!("get {}\n", registry.address));
    tiny.stack.write("docker-credential-tests", &format!("#!/bin/sh\necho '{SECRET}'\nexit 1\n"));
    let failed = push(&tiny, &registry, &[("DOCKER_CONFIG", "d"), ("PATH", "")]);
    let said = format!("the credential helper `docker-credential-tests`: failed for `{}`", registry.address);
    assert!(failed.stderr.contains(&said), "{failed:?}");
}

#[test]
fn a_file_that_is_no_json_is_an_error_that_names_it() {
    let (tiny, registry) = ready();
    tiny.stack.write("config.json", &format!("{{\"auths\": {SECRET}"));
    let ran = push(&tiny, &registry, &[("DOCKER_CONFIG", "")]);
    let file = tiny.stack.folder.path().join("config.json").display().to_string();
    assert_eq!(
        (ran.code, ran.stderr.replace(&file, "FILE").as_str()),
        (
            Some(2),
            "error: failed to push\n  caused by: the credential file `FILE`: expected JSON as `docker login` writes it, found something else at line 1, column 11\n\n\
             hint: fix the file, or remove it and log in again with `docker login`, podman or skopeo\n"
        )
    );
}
