//! What the program really prints with `--format json`. A unit test of `src/cli` compares the reference with the reports' types,
//! both ways; here the outputs that have no such type are compared, and real outputs have no field that is not documented.

use std::collections::BTreeSet;

use serde_json::Value;

use super::page::{paths, read, same, section};
use super::produced::produced;
use crate::cli::ready;
use bundle_testing::served::Served;

const PAGE: &str = "docs/reference/json-outputs.md";

/// Returns the fields of an output that are not documented in one place under a name.
fn own(text: &str) -> BTreeSet<String> {
    let value: Value = serde_json::from_str(text).expect("JSON");
    let mut found = BTreeSet::new();
    produced(&value["result"], &mut found);
    found.retain(|path| path.starts_with(|letter: char| letter.is_ascii_lowercase()));
    found
}

fn documented(command: &str) -> BTreeSet<String> {
    paths(section(&read(PAGE), command))
}

#[test]
fn real_outputs_have_documented_fields_alone() {
    let (tiny, commands) = ready();
    let mut rendered = BTreeSet::new();
    let run = |command: &[String]| {
        tiny.stack.bundle(command.iter().map(String::as_str).chain(["--format", "json"])).ok()
    };
    for command in &commands {
        let (fields, documented) = (own(&run(command)), documented(&command[0]));
        assert!(fields.is_subset(&documented), "{command:?}: {:?}", fields.difference(&documented));
        if command[0] == "render" {
            rendered = fields;
        }
    }
    let mut publish = commands[5].clone();
    let registry = tiny.stack.upstream.empty(2).expect("an empty registry");
    *publish.last_mut().expect("a place") = format!("oci://{registry}/gitops/tiny:1");
    rendered.extend(own(&run(&publish)));
    same(PAGE, &documented("render"), &rendered);
}

#[test]
fn what_serve_prints_is_documented() {
    let (tiny, commands) = ready();
    commands[..2].iter().for_each(|command| drop(tiny.stack.bundle(command).ok()));
    let arguments = ["--key", "mine.pub", "--tls-generate", "--format", "json", "--quiet"];
    let served = Served::of("tiny.tar", tiny.stack.folder.path(), &arguments);
    same(PAGE, &documented("serve"), &own(&served.announced));
}
