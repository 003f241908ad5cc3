//! The files that people write, and the lock: the reference documents exactly the fields that the parsers take.

use std::collections::BTreeSet;

use airgap_bundle::lock::Lock;
use airgap_bundle::spec::{DenyList, Faults, Registries, Site, Spec};
use serde_json::Value;

use super::accepted::{Asked, UNKNOWN, accepted, listed_by_serde};
use super::page::{blocks, entries, paths, read, same};

/// The places of a spec that hold a policy.
const POLICIES: &[(&str, &str)] = &[
    ("policies.*", "POLICY"),
    ("components[].images[].verify", "POLICY"),
    ("components[].artifacts[].verify", "POLICY"),
    ("POLICY.allOf[]", "POLICY"),
    ("POLICY.anyOf[]", "POLICY"),
    ("POLICY.attestations[].by", "POLICY"),
];
const SIGNATURES: &[(&str, &str)] =
    &[("items[].signatures[]", "SIGNATURE"), ("items[].attestations[].signature", "SIGNATURE")];

/// Returns the complete documents of a page.
fn documents(page: &str, language: &str) -> Vec<Value> {
    let blocks = blocks(page).into_iter().filter(|block| block.info == language);
    let parsed = blocks.map(|block| serde_saphyr::from_str(&block.text).expect("an example is YAML or JSON"));
    let parsed: Vec<_> = parsed.collect();
    assert!(!parsed.is_empty(), "the page has no example");
    parsed
}

/// Returns the fields that the decoder of the spec and its like takes in place of the unknown one.
fn listed(faults: Result<(), Faults>) -> Option<Vec<String>> {
    let faults = faults.err()?.faults;
    let unknown =
        faults.iter().find(|fault| fault.message.starts_with(&format!("unknown field `{UNKNOWN}` ")))?;
    let (_, names) = unknown.hint.split_once(" takes: ").expect("no known field is like the unknown one");
    Some(names.split(", ").map(str::to_owned).collect())
}

/// Compares a page with a parser both ways, and demands of each field a default or that it is required, and an example.
fn hold(name: &str, parse: fn(&str) -> Result<(), Faults>, asked: &Asked<'_>) {
    let page = read(name);
    for block in blocks(&page).iter().filter(|block| block.info == "yaml") {
        parse(&block.text).unwrap_or_else(|faults| panic!("{name}:{}: {faults}", block.line));
    }
    let refuse = |text: &str| listed(parse(text));
    let real = accepted(&documents(&page, "yaml"), &Asked { refuse: &refuse, ..*asked });
    same(name, &paths(&page), &real);
    for entry in entries(&page) {
        let facts = entry.text.contains("required") || entry.text.contains("default");
        assert!(
            facts && entry.text.contains("Example:"),
            "{name}: `{}` lacks a fact: {}",
            entry.path,
            entry.text
        );
    }
}

fn plain() -> Asked<'static> {
    Asked { refuse: &|_| None, fixed: &[], opaque: &[], aliases: &[] }
}

#[test]
fn the_reference_of_the_spec_names_every_field_and_no_other() {
    let parse = |text: &str| Spec::parse(text, "spec.yaml").map(drop);
    hold("docs/reference/spec.md", parse, &Asked { aliases: POLICIES, ..plain() });
}

#[test]
fn the_reference_of_the_site_names_every_field_and_no_other() {
    hold("docs/reference/site.md", |text| Site::parse(text, "site.yaml").map(drop), &plain());
}

#[test]
fn the_reference_of_the_registries_file_names_every_field_and_no_other() {
    let parse = |text: &str| Registries::parse(text, "registries.yaml").map(drop);
    hold("docs/reference/registries.md", parse, &Asked { fixed: &["files"], ..plain() });
}

#[test]
fn the_reference_of_the_deny_list_names_every_field_and_no_other() {
    hold("docs/reference/deny-list.md", |text| DenyList::parse(text, "deny.yaml").map(drop), &plain());
}

#[test]
fn the_reference_of_the_lock_names_every_field_and_no_other() {
    let page = read("docs/reference/lock.md");
    for block in blocks(&page).iter().filter(|block| block.info == "json") {
        Lock::parse(&block.text, "bundle.lock").expect("the example is a lock");
    }
    let refuse = |text: &str| {
        let error = Lock::parse(text, "bundle.lock").err()?;
        listed_by_serde(error.to_string().split(" at line ").next()?)
    };
    let real =
        accepted(&documents(&page, "json"), &Asked { refuse: &refuse, aliases: SIGNATURES, ..plain() });
    same("docs/reference/lock.md", &paths(&page), &real);
}

#[test]
fn an_invented_field_and_a_forgotten_one_are_both_found() {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    for (documented, real) in [(set(&["a", "b"]), set(&["a"])), (set(&["a"]), set(&["a", "b"]))] {
        assert!(std::panic::catch_unwind(|| same("a page", &documented, &real)).is_err());
    }
}

#[test]
fn an_example_that_lacks_a_field_is_not_taken_for_complete() {
    let document = serde_json::json!({"kind": "Site"});
    let refuse = |text: &str| listed(Site::parse(text, "site.yaml").map(drop));
    let asked = Asked { refuse: &refuse, ..plain() };
    assert!(
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| accepted(&[document], &asked))).is_err()
    );
}
