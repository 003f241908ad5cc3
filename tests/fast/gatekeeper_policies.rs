//! The policies' templates and suites in `manifests/20-policies`: what `gator` does not check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use bundle_testing::support::project;

fn layer() -> PathBuf {
    project().join("manifests/20-policies")
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at `{pointer}`"))
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.unwrap_or_else(|| panic!("no list at `{pointer}`"))
}

/// The templates by name.
fn templates() -> BTreeMap<String, Value> {
    let files = names(&layer()).into_iter().filter(|name| name.ends_with(".yaml") && name != "layer.yaml");
    let read = |file: String| (file.trim_end_matches(".yaml").to_owned(), read(&layer().join(file)));
    let templates: BTreeMap<_, _> = files.map(read).collect();
    assert!(!templates.is_empty());
    templates
}

/// Every case of a suite: the path of its object and whether it is one that violates.
fn cases(suite: &Value) -> BTreeSet<(String, bool)> {
    let cases = list(suite, "/tests").iter().flat_map(|test| list(test, "/cases"));
    cases
        .map(|case| {
            let violates = list(case, "/assertions").iter().any(|assertion| assertion["violations"].is_u64());
            (text(case, "/object").to_owned(), violates)
        })
        .collect()
}

#[test]
fn every_template_is_shipped_under_the_name_of_its_kind() {
    let shipped: BTreeSet<_> = list(&read(&layer().join("layer.yaml")), "/manifests")
        .iter()
        .map(|file| file.as_str().expect("a name").trim_end_matches(".yaml").to_owned())
        .collect();
    assert_eq!(shipped, templates().into_keys().collect());
    for (name, template) in templates() {
        assert_eq!(text(&template, "/kind"), "ConstraintTemplate");
        assert_eq!(text(&template, "/metadata/name"), name);
        assert_eq!(text(&template, "/spec/crd/spec/names/kind").to_lowercase(), name);
        assert!(text(&template, "/spec/targets/0/rego").starts_with(&format!("package {name}\n")), "{name}");
    }
}

#[test]
fn what_templates_share_is_the_same_text() {
    let mut shared = BTreeMap::<String, (String, String)>::new();
    for (name, template) in templates() {
        for library in list(&template, "/spec/targets/0/libs") {
            let library = library.as_str().expect("a text").to_owned();
            let package = library.lines().next().expect("a line").to_owned();
            let (first, expected) = shared.entry(package.clone()).or_insert((name.clone(), library.clone()));
            assert_eq!(library, *expected, "`{package}` in `{name}` is not that of `{first}`");
        }
    }
    assert!(shared.contains_key("package lib.workload"));
}

#[test]
fn every_template_has_a_suite_and_every_suite_a_template() {
    let mut suites = names(&layer().join("suite"));
    assert!(suites.remove("workloads"));
    assert_eq!(suites, templates().into_keys().collect());
    for name in suites {
        let suite = read(&layer().join("suite").join(&name).join("suite.yaml"));
        for test in list(&suite, "/tests") {
            assert_eq!(text(test, "/template"), format!("../../{name}.yaml"));
        }
    }
}

#[test]
fn every_suite_tries_every_workload() {
    let workloads = layer().join("suite/workloads");
    for name in templates().into_keys() {
        let suite = read(&layer().join("suite").join(&name).join("suite.yaml"));
        for (folder, violates) in [("good", false), ("bad", true)] {
            for file in names(&workloads.join(folder)) {
                let case = (format!("../workloads/{folder}/{file}"), violates);
                assert!(cases(&suite).contains(&case), "`{name}` has no case {case:?}");
            }
        }
    }
}

#[test]
fn no_case_is_left_out() {
    for name in templates().into_keys() {
        let folder = layer().join("suite").join(&name);
        let tried: BTreeSet<_> = cases(&read(&folder.join("suite.yaml")))
            .into_iter()
            .filter_map(|(object, _)| object.strip_prefix("cases/").map(str::to_owned))
            .collect();
        assert_eq!(tried, names(&folder.join("cases")), "{name}");
    }
}
