//! Finds out which fields a parser takes, by asking it: into every mapping of a valid document a field is put that does not exist,
//! and the parser's answer lists those that do.
//!
//! So the list is the parser's own. It is whole if the document has every field that holds a mapping, which is checked: a field
//! that the parser lists and the document lacks is reported.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A field that no file has.
pub const UNKNOWN: &str = "zzqx";

/// How a parser is asked.
pub struct Asked<'a> {
    /// Parses a text; if it refuses the unknown field, returns the fields that it would take there.
    pub refuse: &'a dyn Fn(&str) -> Option<Vec<String>>,
    /// Fields with a meaning of their own in a mapping whose other keys the writer chooses.
    pub fixed: &'a [&'a str],
    /// Paths below which anything is taken.
    pub opaque: &'a [&'a str],
    /// Paths that are documented in one place under a name, and that name.
    pub aliases: &'a [(&'a str, &'a str)],
}

/// Returns the fields that the parser takes, by path, and demands that the documents show all of them.
pub fn accepted(documents: &[Value], asked: &Asked<'_>) -> BTreeSet<String> {
    let (mut shown, mut listed) = (BTreeSet::new(), BTreeSet::new());
    for document in documents {
        asked.visit(document, document, "", "", &mut shown, &mut listed);
    }
    let lacking: Vec<_> = listed.difference(&shown).collect();
    assert!(lacking.is_empty(), "the example lacks {lacking:?}");
    shown
}

impl Asked<'_> {
    fn visit(
        &self,
        root: &Value,
        value: &Value,
        pointer: &str,
        path: &str,
        shown: &mut BTreeSet<String>,
        listed: &mut BTreeSet<String>,
    ) {
        let path = self.named(path);
        match value {
            Value::Object(_) if self.opaque.contains(&path.as_str()) => {}
            Value::Object(fields) => {
                let ask = |others| (self.refuse)(&with_unknown(root, pointer, others).to_string());
                // A mapping with exactly one of several fields lists them only if the unknown field is alone.
                let known = ask(fields.clone()).or_else(|| ask(Map::new()));
                let fixed = known.is_some();
                listed.extend(known.into_iter().flatten().map(|name| self.named(&below(&path, &name))));
                for (name, value) in fields {
                    let is_fixed = fixed || self.fixed.contains(&below(&path, name).as_str());
                    let path = self.named(&below(&path, if is_fixed { name } else { "*" }));
                    shown.insert(path.clone());
                    let step = name.replace('~', "~0").replace('/', "~1");
                    self.visit(root, value, &format!("{pointer}/{step}"), &path, shown, listed);
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.visit(root, item, &format!("{pointer}/{at}"), &format!("{path}[]"), shown, listed);
                }
            }
            _ => {}
        }
    }

    /// Puts the documented name in place of a path's beginning, as often as one fits.
    fn named(&self, path: &str) -> String {
        let mut path = path.to_owned();
        loop {
            let fits = |(from, to): &&(&str, &str)| {
                let rest = path.strip_prefix(from)?;
                rest.starts_with('.').then(|| format!("{to}{rest}"))
            };
            match self.aliases.iter().find_map(|alias| fits(&alias)) {
                Some(named) => path = named,
                None => return path,
            }
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Returns the document with another mapping at a place: the unknown field, and others.
fn with_unknown(root: &Value, pointer: &str, mut others: Map<String, Value>) -> Value {
    let mut root = root.clone();
    others.insert(UNKNOWN.to_owned(), Value::from("x"));
    *root.pointer_mut(pointer).expect("the place was found before") = Value::Object(others);
    root
}

/// Returns what serde lists in an error such as "unknown field `zzqx`, expected one of `a`, `b`".
pub fn listed_by_serde(error: &str) -> Option<Vec<String>> {
    let (before, after) = error.split_once(", expected")?;
    let unknown = [format!("unknown field `{UNKNOWN}`"), format!("unknown variant `{UNKNOWN}`")];
    let fits = unknown.iter().any(|text| before.ends_with(text));
    fits.then(|| after.split('`').skip(1).step_by(2).map(str::to_owned).collect())
}
