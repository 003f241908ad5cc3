//! Decodes a tree of nodes field by field and collects every fault on the way.

use std::fmt;
use std::str::FromStr;

use super::node::{Key, Node, Place, Value};

/// One thing that is wrong in a file that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong, with the offending text.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Everything that is wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults {
    /// The file's name, as it was given.
    pub file: String,
    /// The faults, in the order of the file.
    pub faults: Vec<Fault>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` has {} fault{}",
            self.file,
            self.faults.len(),
            if self.faults.len() == 1 { "" } else { "s" }
        )?;
        for Fault { place, message, hint } in &self.faults {
            write!(f, "\n  {}:{}:{}: {message}\n    hint: {hint}", self.file, place.line, place.column)?;
        }
        Ok(())
    }
}

/// Collects faults while a file is decoded.
#[derive(Debug, Default)]
pub struct Decoder {
    faults: Vec<Fault>,
}

impl Decoder {
    /// Notes a fault.
    pub fn fault(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault { place, message: message.into(), hint: hint.into() });
    }

    /// Returns the faults in the order of the file, or nothing if there are none.
    #[must_use]
    pub fn finish(mut self, file: &str) -> Option<Faults> {
        self.faults.sort_by_key(|fault| fault.place);
        (!self.faults.is_empty()).then(|| Faults { file: file.to_owned(), faults: self.faults })
    }

    /// Takes a mapping apart. A key that is not in `known` is a fault, with the nearest known one as its hint.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Fields<'n> {
        let entries = match &node.value {
            Value::Map(entries) => entries.as_slice(),
            other => {
                self.wrong_type(node, what, "a mapping", other);
                return Fields { place: node.place, what: what.to_owned(), entries: &[], broken: true };
            }
        };
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            self.unknown(key, what, known);
        }
        Fields { place: node.place, what: what.to_owned(), entries, broken: false }
    }

    fn unknown(&mut self, key: &Key, what: &str, known: &[&str]) {
        let hint = match closest(&key.name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{what} takes: {}", known.join(", ")),
        };
        self.fault(key.place, format!("unknown field `{}` in {what}", key.name), hint);
    }

    fn wrong_type(&mut self, node: &Node, what: &str, expected: &str, found: &Value) {
        let shown = match found {
            Value::Text(text) | Value::Number(text) => format!(" `{}`", excerpt(text)),
            Value::Bool(value) => format!(" `{value}`"),
            _ => String::new(),
        };
        let message = format!("{what} must be {expected}, found {}{shown}", found.kind());
        self.fault(node.place, message, format!("write {expected} here"));
    }

    /// Returns the items of a list; anything else is a fault.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            other => {
                self.wrong_type(node, what, "a list", other);
                &[]
            }
        }
    }

    /// Returns a text; a number counts as the text that was written. Empty text is a fault.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.value {
            Value::Text(text) | Value::Number(text) if !text.is_empty() => Some(text.clone()),
            Value::Text(_) => {
                self.fault(node.place, format!("{what} is empty"), "write a value, or remove the field");
                None
            }
            other => {
                self.wrong_type(node, what, "a string", other);
                None
            }
        }
    }

    /// Returns a boolean; anything else is a fault.
    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            other => {
                self.wrong_type(node, what, "a boolean", other);
                None
            }
        }
    }

    /// Returns the texts of a list of texts.
    pub fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        self.list(node, what)
            .iter()
            .filter_map(|item| self.text(item, &format!("an item of {what}")))
            .collect()
    }

    /// Returns a parsed text; a text that does not parse is a fault with the parser's own words.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(
        &mut self,
        node: &Node,
        what: &str,
        hint: &str,
    ) -> Option<T> {
        let text = self.text(node, what)?;
        text.parse().map_err(|error| self.fault(node.place, format!("{what}: {error}"), hint)).ok()
    }

    /// Returns the choice whose name was written; anything else is a fault that lists the choices.
    pub fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        self.fault(
            node.place,
            format!("{what} cannot be `{}`", excerpt(&text)),
            format!("write one of: {}", names.join(", ")),
        );
        None
    }

    /// Demands that a field has exactly this text.
    pub fn constant(&mut self, fields: &Fields<'_>, name: &str, expected: &str) {
        if let Some(node) = fields.required(self, name, expected) {
            let what = format!("`{name}`");
            match self.text(node, &what) {
                Some(found) if found != expected => {
                    let message = format!("{what} must be `{expected}`, found `{}`", excerpt(&found));
                    self.fault(node.place, message, format!("write `{name}: {expected}`"));
                }
                _ => {}
            }
        }
    }
}

/// The fields of one mapping.
#[derive(Debug)]
pub struct Fields<'n> {
    place: Place,
    what: String,
    entries: &'n [(Key, Node)],
    broken: bool,
}

impl<'n> Fields<'n> {
    /// Returns the field's node, if the field was written (`null` counts as not written).
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&'n Node> {
        let (_, node) = self.entries.iter().find(|(key, _)| key.name == name)?;
        (!matches!(node.value, Value::Null)).then_some(node)
    }

    /// Returns the field's node; its absence is a fault that shows an example.
    pub fn required(&self, decoder: &mut Decoder, name: &str, example: &str) -> Option<&'n Node> {
        let node = self.optional(name);
        if node.is_none() && !self.broken {
            decoder.fault(
                self.place,
                format!("{} lacks `{name}`", self.what),
                format!("add `{name}: {example}`"),
            );
        }
        node
    }

    /// Returns all entries.
    #[must_use]
    pub fn entries(&self) -> &'n [(Key, Node)] {
        self.entries
    }

    /// Returns where the mapping starts.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }
}

/// Returns the known name that a misspelt one was most likely meant to be.
#[must_use]
pub fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let best = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase()), *known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(score, _)| *score > 0.8).map(|(_, known)| known)
}

fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}
