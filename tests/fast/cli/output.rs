//! Results go to stdout, for people or for programs, and everything else to stderr.

use serde_json::{Value, json};

use bundle_testing::support::bundle;
use bundle_testing::tiny::Tiny;

/// Every command that works without a cluster, in the order of a crossing.
fn crossing(target: &str) -> [Vec<String>; 6] {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    [
        words("lock tiny.yaml --registries registries.yaml"),
        words("build tiny.yaml -o tiny.tar --key mine.key --registries registries.yaml"),
        words("inspect tiny.tar"),
        words("verify tiny.tar --key mine.pub"),
        words(&format!("push tiny.tar {target} --key mine.pub")),
        words("render tiny.tar --key mine.pub --site site.yaml -o rendered"),
    ]
}

/// Returns a folder with a small spec and all that a crossing needs, and its commands.
pub fn ready() -> (Tiny, [Vec<String>; 6]) {
    let tiny = Tiny::new();
    tiny.stack.keys("mine");
    let target = tiny.stack.upstream.empty(1).expect("an empty registry").to_string();
    let site = "apiVersion: bundle/v1alpha1\nkind: Site\nplatform: k3s\nregistry: {address: 'registry.lan:5000'}\nnetwork: {apiServer: {addresses: [10.0.0.2/32]}}\n";
    tiny.stack.write("site.yaml", site);
    let spec = std::fs::read_to_string(tiny.stack.path("tiny.yaml")).expect("the spec");
    tiny.stack.write("tiny.yaml", &format!("{spec}platforms: {{k3s: k3s}}\n"));
    (tiny, crossing(&target))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn a_program_gets_a_version_and_the_documented_fields() {
    let (tiny, commands) = ready();
    let fields: [&[&str]; 6] = [
        &["items", "files", "changes", "trustedRoot", "written"],
        &["digest", "name", "version", "entries", "blobs", "bytes", "files", "signed", "trustedRoot"],
        &["digest", "name", "version", "targets", "blobs", "bytes", "signatures", "entries", "files"],
        &["digest", "name", "version", "signatures", "others", "blobs", "bytes", "trustedRoot", "items"],
        &["present", "sent", "blobs", "bytes", "leftOut"],
        &["objects", "files"],
    ];
    let mut results = Vec::new();
    for (command, fields) in commands.into_iter().zip(fields) {
        let ran = tiny.stack.bundle(command.iter().map(String::as_str).chain(["--format", "json"])).ok();
        let value: Value = serde_json::from_str(&ran).expect("JSON");
        assert_eq!((keys(&value), &value["version"]), (vec!["version", "result"], &json!(1)), "{command:?}");
        assert_eq!(keys(&value["result"]), fields, "{command:?}");
        results.push(value["result"].clone());
    }
    let [lock, build, inspect, verify, push, render] = &results[..] else { panic!("six results") };
    assert_eq!((&lock["items"], &lock["written"]), (&json!(2), &json!(true)));
    assert_eq!((&build["entries"], &build["signed"]), (&json!(2), &json!(true)));
    assert!([&inspect["digest"], &verify["digest"]].iter().all(|digest| **digest == build["digest"]));
    assert_eq!(keys(&inspect["entries"][0]), ["role", "name", "digest"]);
    assert_eq!(keys(&verify["items"][0]), ["ref", "digest", "signatures"]);
    assert_eq!((&push["present"], &push["sent"]), (&json!(0), &json!(2)));
    assert_eq!(render["objects"], 0);
}

#[test]
fn a_failure_is_json_on_stdout_and_text_on_stderr() {
    let folder = tempfile::tempdir().expect("a folder");
    let hint = "run the command with `--help`";
    for (arguments, expected) in [
        (
            &["lock", "missing.yaml", "--format", "json"][..],
            json!({"code": "io", "message": "failed to read `missing.yaml`", "causes": ["No such file or directory (os error 2)"], "hint": null, "exitCode": 2}),
        ),
        (
            &["push", "b.tar", "http://registry.lan", "--insecure-unsigned", "--format=json"],
            json!({"code": "usage", "message": "`http://registry.lan` is not the address of a registry", "causes": [], "hint": "write HOST[:PORT][/PREFIX], without `http://`", "exitCode": 2}),
        ),
        (
            &["lokc", "--format", "json"],
            json!({"code": "usage", "message": "unrecognized subcommand 'lokc'", "causes": [], "hint": hint, "exitCode": 2}),
        ),
    ] {
        let ran = bundle(folder.path(), arguments);
        let value: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!((ran.code, &value), (Some(2), &json!({"version": 1, "error": expected})), "{arguments:?}");
        let message = expected["message"].as_str().expect("a message");
        assert!(ran.stderr.starts_with(&format!("error: {message}\n")), "{}", ran.stderr);
    }
}

#[test]
fn a_refusal_in_json_has_its_exit_code() {
    let (tiny, [_, build, ..]) = ready();
    let locked = build.iter().map(String::as_str).chain(["--locked", "--format", "json"]);
    let ran = tiny.stack.bundle(locked);
    let value: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((ran.code, &value["error"]["exitCode"]), (Some(1), &json!(1)), "{value}");
    assert_eq!(value["error"]["code"], "lock-outdated");
}

#[test]
fn a_quiet_command_prints_its_result_and_nothing_else() {
    let (tiny, commands) = ready();
    for command in commands {
        let ran = tiny.stack.bundle(command.iter().map(String::as_str).chain(["--quiet"]));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{command:?}");
        assert!(!ran.stdout.is_empty(), "{command:?}");
    }
}

#[test]
fn results_are_on_stdout_and_progress_on_stderr() {
    let (tiny, commands) = ready();
    for (command, said) in
        commands.into_iter().zip(["", "verified 2 images and artifacts, 0 files\n", "", "", "", ""])
    {
        let ran = tiny.stack.bundle(&command);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), said), "{command:?}");
        assert!(ran.stdout.ends_with('\n') && !ran.stdout.contains("verified 2 images"), "{command:?}");
    }
}

#[test]
fn build_and_render_warn_about_an_open_site() {
    let (tiny, commands) = ready();
    let [lock, build, _, _, _, render] = &commands;
    tiny.stack.write("site.yaml", "apiVersion: bundle/v1alpha1\nkind: Site\nplatform: k3s\nregistry: {address: 'registry.lan:5000'}\nnamespaces: [{name: apps, network: open}]\n");
    let spec = std::fs::read_to_string(tiny.stack.path("tiny.yaml")).expect("the spec");
    tiny.stack.write("tiny.yaml", &format!("{spec}sites: [site.yaml]\n"));
    tiny.stack.bundle(lock).ok();
    for command in [build, render] {
        let ran = tiny.stack.bundle(command.iter().map(String::as_str).chain(["--quiet"]));
        assert!(ran.code == Some(0) && ran.stderr.starts_with(OPEN), "{command:?}: {}", ran.stderr);
    }
}

const OPEN: &str = "\
warning: `site.yaml`: namespace `apps` has `network: open`: its pods may talk to anyone, and anyone to them
warning: `site.yaml`: `network.apiServer.addresses` is empty: pods that may reach the API server may reach port 6443 of any address
";
