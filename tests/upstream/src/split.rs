//! A bundle in one file, and the same bundle in parts.

use std::fs;

use crate::support::Stack;

/// The size of a part, in bytes.
pub const SIZE: usize = 100 * 1024;

/// The homelab's bundle in one file, `b.tar`, and the same in parts of a hundred kibibytes, `s.tar.001` and so on.
pub fn both() -> Stack {
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

/// Returns the arguments of a command on the bundle in parts, with its key.
#[must_use]
pub fn trusting<'a>(command: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&[command, "s.tar.001"], rest, &["--key", "mine.pub"]].concat()
}

/// Returns the names of the parts, in order.
pub fn parts(stack: &Stack) -> Vec<String> {
    let entries = fs::read_dir(stack.folder.path()).expect("a folder").map(|entry| entry.expect("an entry"));
    let names = entries.map(|entry| entry.file_name().into_string().expect("a text"));
    let mut names: Vec<_> = names.filter(|name| name.starts_with("s.tar")).collect();
    names.sort();
    names
}
