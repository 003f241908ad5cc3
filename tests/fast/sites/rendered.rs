//! A shipped site, rendered.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bundle_testing::support::Stack;

/// Collects every file below a folder, by its path there.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            collect(root, &entry, files);
        } else {
            let name = entry.strip_prefix(root).expect("a path below").display().to_string();
            files.insert(name, fs::read(&entry).expect("a file"));
        }
    }
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let render = |folder: &str| {
        let arguments =
            ["render", "b.tar", "--key", "mine.pub", "--site", "bundles/sites/homelab.yaml", "-o"];
        stack.bundle(arguments.into_iter().chain([folder])).ok();
        let mut files = BTreeMap::new();
        collect(&stack.path(folder), &stack.path(folder), &mut files);
        files
    };
    let (one, two) = (render("one"), render("two"));
    assert!(one.len() > 40, "{:?}", one.keys());
    assert!(one == two);
}
