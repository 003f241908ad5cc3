//! Holds the manual to the program: the fields of the JSON outputs, and the commands of the console blocks.

mod cluster;
mod commands;
mod offline;
#[path = "../../tests/fast/docs/page.rs"]
#[allow(dead_code, reason = "the integration tests use the rest")]
#[allow(clippy::duplicate_mod, reason = "`cli` and `render` both read the reference, and share no test code")]
mod page;
#[path = "../../tests/fast/docs/produced.rs"]
mod produced;

use std::collections::BTreeSet;

use serde_json::Value;

const PAGE: &str = "docs/reference/json-outputs.md";

/// Compares the outputs of a command with its section, both ways, and returns what is documented elsewhere under a name.
fn hold(section: &str, outputs: &[Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    outputs.iter().for_each(|output| produced::produced(output, &mut found));
    let (named, own) =
        found.into_iter().partition(|path| path.starts_with(|letter: char| letter.is_ascii_uppercase()));
    let page = page::read(PAGE);
    page::same(&format!("{PAGE}, {section}"), &page::paths(page::section(&page, section)), &own);
    named
}

#[test]
fn every_field_of_every_output_is_documented_and_no_other() {
    let outputs = offline::outputs().into_iter().chain(cluster::outputs());
    let named = outputs.flat_map(|(section, outputs)| hold(section, &outputs)).collect();
    let page = page::read(PAGE);
    let shapes = &page[page.find("\n## A change\n").unwrap()..];
    page::same(&format!("{PAGE}, what occurs in many outputs"), &page::paths(shapes), &named);
}

#[test]
fn every_error_code_is_documented_and_no_other() {
    let source = page::read("src/cli/report/explained.rs");
    let codes =
        source.lines().filter_map(|line| Some(line.split_once("=> \"")?.1.split_once('"')?.0.to_owned()));
    let codes: BTreeSet<_> = codes.chain(["usage", "threads"].map(str::to_owned)).collect();
    assert!(codes.len() > 20, "the test reads the codes");
    let page = page::read(PAGE);
    let entry = page::section(&page, "Errors").split("\n- ").nth(1).unwrap_or_default().to_owned();
    let documented: BTreeSet<_> = entry.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    assert_eq!(documented, codes);
}
