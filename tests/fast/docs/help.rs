//! `bundle help`: commands as `--help` shows them, and the pages of the manual.

use std::path::Path;

use serde_json::Value;

use crate::cli::commands;
use bundle_testing::support::{Ran, bundle};

fn help(arguments: &[&str]) -> Ran {
    bundle(Path::new("."), [&["help"], arguments].concat())
}

#[test]
fn without_a_topic_every_command_and_page_is_listed() {
    let text = help(&[]).ok();
    let names: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    for name in commands().iter().map(String::as_str).chain(["reference/spec", "reference/exit-codes"]) {
        assert!(names.contains(&name), "`{name}` is not listed");
    }
}

#[test]
fn the_help_of_a_command_is_what_its_flag_prints() {
    for command in commands() {
        let flag = bundle(Path::new("."), [command.as_str(), "--help"]).ok();
        assert_eq!(help(&[&command]).ok(), flag, "{command}");
    }
}

#[test]
fn a_page_is_printed_without_a_file_at_hand() {
    let page = help(&["spec"]).ok();
    assert!(page.starts_with("# The bundle spec") && page.contains("- `metadata.name`: text, required."));
    assert!(!page.contains("```"), "fences are for renderers of Markdown");
    assert_eq!(help(&["reference/spec"]).ok(), page);
    let value: Value = serde_json::from_str(&help(&["spec", "--format", "json"]).ok()).expect("JSON");
    assert_eq!(value["result"]["topic"], "reference/spec");
}

#[test]
fn a_command_with_a_page_of_the_same_name_says_so() {
    let ran = help(&["lock"]);
    assert_eq!(ran.stderr, "a page of the manual has the same name: `bundle help reference/lock`\n");
    assert!(ran.ok().contains("Usage: bundle lock"));
}

#[test]
fn an_unknown_topic_is_a_mistake_with_a_hint() {
    let ran = help(&["specc"]);
    let expected =
        "error: there is no command and no page `specc`\n\nhint: did you mean `bundle help spec`?\n";
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(2), "", expected));
}
