//! The page of environment variables names exactly those that the program reads, and those of libraries apart.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::page::{paths, read, same};
use bundle_testing::support::project;

const PAGE: &str = "docs/reference/environment.md";

/// Returns the source of `src/cli/environment.rs` and of the files below it: the layers test shows that nothing else reads them.
fn sources() -> String {
    let folder = project().join("src/cli");
    let mut text = String::new();
    collect(&folder.join("environment.rs"), &mut text);
    if folder.join("environment").is_dir() {
        collect(&folder.join("environment"), &mut text);
    }
    text
}

fn collect(path: &Path, text: &mut String) {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a folder");
        entries.for_each(|entry| collect(&entry.expect("an entry").path(), text));
    } else {
        let source = fs::read_to_string(path).expect("a source file");
        text.push_str(source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default());
    }
}

/// Returns the literals that can only be names of variables: all capitals, or `…_proxy`.
fn variables(source: &str) -> BTreeSet<String> {
    let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let literals = code.split('"').skip(1).step_by(2);
    let capitals =
        |text: &str| text.len() > 3 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    literals.filter(|text| capitals(text) || text.ends_with("_proxy")).map(str::to_owned).collect()
}

#[test]
fn every_variable_that_is_read_is_documented_and_no_other() {
    let page = read(PAGE);
    let (own, libraries) = page.split_once("\nRead by libraries").expect("two lists");
    let found = variables(&sources());
    assert!(found.contains("COSIGN_PASSWORD") && found.contains("no_proxy"), "{found:?}");
    same(PAGE, &paths(own), &found);
    assert!(paths(libraries).is_disjoint(&found));
}
