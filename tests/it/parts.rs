//! A bundle in parts: built, read, signed, pushed, served, and refused as the one file is.

use std::fs;

use crate::peers::programs::Programs;
use crate::serve::process::Served;
use crate::support::{Ran, Stack};

const SIZE: usize = 100 * 1024;

/// The homelab's bundle in one file, `b.tar`, and the same in parts of a hundred kibibytes, `s.tar.001` and so on.
fn both() -> Stack {
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let build = ["build", "bundles/homelab.yaml", "-o", "s.tar", "--key", "mine.key", "--split", "100KiB"];
    let said = stack.bundle(build.into_iter().chain([
        "--registries",
        "registries.yaml",
        "--trusted-root",
        "root.json",
    ]));
    assert!(said.ok().contains("\nbuilt s.tar.001 to s.tar.00"));
    stack
}

fn trusting<'a>(command: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&[command, "s.tar.001"], rest, &["--key", "mine.pub"]].concat()
}

/// Returns the names of the parts, in order.
fn parts(stack: &Stack) -> Vec<String> {
    let entries = fs::read_dir(stack.folder.path()).expect("a folder").map(|entry| entry.expect("an entry"));
    let names = entries.map(|entry| entry.file_name().into_string().expect("a text"));
    let mut names: Vec<_> = names.filter(|name| name.starts_with("s.tar")).collect();
    names.sort();
    names
}

#[test]
fn a_bundle_in_parts_is_the_same_bundle() {
    let Some(programs) = Programs::find(&["crane", "docker-registry"]) else { return };
    let stack = both();
    let names = parts(&stack);
    assert!(names.len() > 2, "{names:?}");
    let whole: Vec<u8> = names.iter().flat_map(|name| fs::read(stack.path(name)).expect("a part")).collect();
    assert!(whole == fs::read(stack.path("b.tar")).expect("a file"), "one after the other they are the file");
    assert!(
        names[..names.len() - 1]
            .iter()
            .all(|name| fs::metadata(stack.path(name)).expect("a part").len() == SIZE as u64)
    );
    let same = |command: &str, rest: &[&str]| {
        let run = |file: &str| {
            stack.bundle([&[command, file][..], rest].concat()).ok().replace("s.tar.001", "b.tar")
        };
        assert_eq!(run("s.tar.001"), run("b.tar"), "{command}");
    };
    same("inspect", &[]);
    same("verify", &["--key", "mine.pub", "--trusted-root", "root.json"]);
    stack.bundle(["diff", "b.tar", "s.tar.001"]).ok();
    let registry = crate::peers::registry::Registry::docker(&programs, stack.folder.path());
    stack.bundle(trusting("push", &[&registry.address])).ok();
    let again = stack.bundle(["push", "b.tar", &registry.address, "--key", "mine.pub"]).ok();
    assert!(again.contains(": 0 blobs") || again.contains(", 0 blobs, 0 bytes;"), "{again}");
    let served = Served::of("s.tar.001", stack.folder.path(), &["--key", "mine.pub", "--quiet"]);
    let image = format!("{}/falcosecurity/falco:0.44.1", served.address);
    programs.run("crane", stack.folder.path(), &["validate", "--remote", &image]).ok();
    stack.keys("second");
    stack.bundle(["sign", "s.tar.001", "--key", "second.key", "--add"]).ok();
    stack
        .bundle([
            "verify",
            "s.tar.001",
            "--key",
            "mine.pub",
            "--key",
            "second.pub",
            "--threshold",
            "2",
            "--trusted-root",
            "root.json",
        ])
        .ok();
}

#[test]
fn parts_that_are_not_whole_are_refused_before_anything_is_sent() {
    let stack = both();
    let names = parts(&stack);
    let push = || -> Ran { stack.bundle(trusting("push", &["127.0.0.1:9"])) };
    let first_line = |ran: &Ran| ran.stderr.lines().next().unwrap_or_default().to_owned();
    let second = fs::read(stack.path(&names[1])).expect("a part");
    fs::remove_file(stack.path(&names[1])).expect("a part");
    let ran = push();
    let said =
        format!("error: part `s.tar.002` is missing: the parts found hold only the first {SIZE} bytes");
    assert_eq!((ran.code, first_line(&ran)), (Some(2), said));
    fs::write(stack.path(&names[1]), &second[1..]).expect("a part");
    let ran = push();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        first_line(&ran).starts_with("error: part `s.tar.002` has 102399 bytes, the first one 102400: "),
        "{}",
        ran.stderr
    );
    let mut flipped = second;
    flipped[SIZE / 2] ^= 1;
    fs::write(stack.path(&names[1]), flipped).expect("a part");
    let ran = stack.bundle(trusting("verify", &["--trusted-root", "root.json"]));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(first_line(&ran).contains("altered"), "{}", ran.stderr);
}
