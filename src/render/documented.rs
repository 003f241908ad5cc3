//! The reference of layers documents exactly the fields that are read.

#[path = "../../tests/fast/docs/accepted.rs"]
mod accepted;
#[path = "../../tests/fast/docs/page.rs"]
#[allow(dead_code, reason = "the integration tests use the rest")]
#[allow(clippy::duplicate_mod, reason = "`cli` and `render` both read the reference, and share no test code")]
mod page;

use serde::de::DeserializeOwned;

use super::layers::layer::Layer;
use super::objects::patch::Patch;
use super::probes::{live, probe};
use super::yaml::parse;
use accepted::{Asked, listed_by_serde};

const PAGE: &str = "docs/reference/layer.md";
const TARGETS: &[(&str, &str)] = &[
    ("references[].target", "TARGET"),
    ("inert[].target", "TARGET"),
    ("[].target", "TARGET"),
    ("[].set", "CHANGE"),
    ("[].append", "CHANGE"),
    ("[].include", "CHANGE"),
    ("[].exclude", "CHANGE"),
    ("[].from", "END"),
    ("[].to", "END"),
];

/// Compares a section with the type that its examples are read as, both ways.
fn hold<T: DeserializeOwned>(name: &str) {
    let page = page::read(PAGE);
    let section = page::section(&page, name);
    let refuse = |text: &str| parse::<T>(text).err().map(|fault| fault.reason);
    let blocks: Vec<_> = page::blocks(section).into_iter().filter(|block| block.info == "yaml").collect();
    for block in &blocks {
        assert_eq!(refuse(&block.text), None, "{PAGE}, {name}");
    }
    let documents: Vec<_> = blocks.iter().map(|block| parse(&block.text).unwrap()).collect();
    let refuse = |text: &str| {
        refuse(text).map(|reason| listed_by_serde(&reason).unwrap_or_else(|| panic!("{reason}")))
    };
    let asked = Asked { refuse: &refuse, fixed: &[], opaque: &["[].object"], aliases: TARGETS };
    page::same(&format!("{PAGE}, {name}"), &page::paths(section), &accepted::accepted(&documents, &asked));
    for entry in page::entries(section) {
        let facts = entry.text.contains("required") || entry.text.contains("default");
        assert!(facts && entry.text.contains("Example:"), "{name}: `{}` lacks a fact", entry.path);
    }
}

#[test]
fn the_reference_of_layers_names_every_field_and_no_other() {
    hold::<Layer>("layer.yaml");
    hold::<Vec<Patch>>("Patches");
    hold::<Vec<probe::WrittenProbe>>("Probes");
    hold::<Vec<live::WrittenProbe>>("Live probes");
}
