//! A bundle in parts: built, read, signed, and refused as the one file is.

use std::fs;

use bundle_testing::split::{SIZE, both, parts, trusting};
use bundle_testing::support::Ran;

#[test]
fn a_bundle_in_parts_is_the_same_bundle() {
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
