//! The command line reads the proxies from its environment; nothing below it does.

use std::process::Command;

use crate::support::Ran;
use crate::tiny::Tiny;

fn push(tiny: &Tiny, target: &str, variables: &[(&str, &str)]) -> Ran {
    let folder = tiny.stack.folder.path();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bundle"));
    command.args([
        "push",
        "tiny.tar",
        target,
        "--insecure-unsigned",
        "--plain-http",
        target,
        "--retries",
        "0",
    ]);
    command.current_dir(folder).env_clear().env("HOME", folder).envs(variables.iter().copied());
    let ran: Ran = command.output().expect("the program runs").into();
    assert!(!ran.stdout.contains("planted") && !ran.stderr.contains("planted"), "{ran:?}");
    ran
}

#[test]
fn a_proxy_of_the_environment_is_used_but_not_to_this_machine() {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.build()).ok();
    let proxy = tiny.front("empty-1");
    let address = format!("http://someone:planted@{}", proxy.address);
    for name in ["HTTP_PROXY", "http_proxy"] {
        let _before = proxy.take_requests();
        push(&tiny, "registry.example", &[(name, &address), ("HTTPS_PROXY", "")]).ok();
        assert!(!proxy.take_requests().is_empty(), "{name}");
    }
    let other = tiny.stack.upstream.empty(2).expect("an empty registry").to_string();
    push(&tiny, &other, &[("HTTP_PROXY", &address), ("ALL_PROXY", &address)]).ok();
    assert_eq!(proxy.take_requests(), Vec::<String>::new());
}

#[test]
fn a_proxy_that_is_none_is_refused() {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.build()).ok();
    let ran = push(&tiny, "registry.example", &[("HTTPS_PROXY", "http://someone:planted@[bad")]);
    let said = "error: the address of a proxy: expected `http://HOST:PORT`, found something else in HTTPS_PROXY or HTTP_PROXY";
    assert_eq!((ran.code, ran.stderr.lines().next()), (Some(2), Some(said)));
}
