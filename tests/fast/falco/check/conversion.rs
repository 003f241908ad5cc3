//! What Falco makes of a YAML map before a plugin's schema judges it, as it does in 0.43.0, 0.43.1 and 0.44.1.
//!
//! An `init_config` that is a map becomes JSON, and on the way values change: a list or map without entries becomes null, and a
//! scalar becomes a number or a truth if it reads as one, in quotes, too. Variables are replaced before.
//!
//! See: falcosecurity/falco userspace/engine/yaml_helper.h, `convert<nlohmann::json>` and `pre_process_env_vars`, the same at all
//! three tags; jbeder/yaml-cpp at c2bec4c, which all three build: include/yaml-cpp/node/convert.h, src/convert.cpp, src/null.cpp

use std::fmt;

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// A YAML value as its author wrote it.
#[derive(Debug, Clone)]
pub enum Node {
    /// A plain scalar that means nothing: `~`, `null`, or no text at all.
    Null(String),
    /// Any other scalar.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads a document.
    pub fn read(text: &str) -> Result<Self, String> {
        let events: Result<Vec<_>, _> = Parser::new_from_str(text).collect();
        let events = events.map_err(|error| error.to_string())?;
        // Comments are events, too, and no part of the value.
        let mut events = events
            .into_iter()
            .map(|(event, _)| event)
            .filter(|event| event.is_node() || matches!(event, Event::SequenceEnd | Event::MappingEnd));
        let first = events.next().ok_or("there is no document")?;
        Self::of(first, &mut events)
    }

    fn of<'a>(event: Event<'a>, rest: &mut impl Iterator<Item = Event<'a>>) -> Result<Self, String> {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let nothing = ["", "~", "null", "Null", "NULL"].contains(&&*text);
                let plain = style == ScalarStyle::Plain && tag.is_none();
                Ok(if plain && nothing { Self::Null(text.into()) } else { Self::Scalar(text.into()) })
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match rest.next().ok_or("a list does not end")? {
                        Event::SequenceEnd => return Ok(Self::List(items)),
                        item => items.push(Self::of(item, rest)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                loop {
                    match rest.next().ok_or("a map does not end")? {
                        Event::MappingEnd => return Ok(Self::Map(entries)),
                        Event::Scalar(key, ..) => {
                            let value = rest.next().ok_or("a map does not end")?;
                            entries.push((key.into(), Self::of(value, rest)?));
                        }
                        key => return Err(format!("{key:?} is no key")),
                    }
                }
            }
            other => Err(format!("{other:?} is no value")),
        }
    }

    /// Returns what is below a key of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Returns the same with variables replaced; one that is not set leaves nothing.
    pub fn expanded(&self, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        match self {
            Self::Null(text) => Self::Null(text.clone()),
            Self::Scalar(text) => Self::Scalar(expand(text, variable)),
            Self::List(items) => Self::List(items.iter().map(|item| item.expanded(variable)).collect()),
            Self::Map(entries) => {
                let each = entries.iter().map(|(key, value)| (key.clone(), value.expanded(variable)));
                Self::Map(each.collect())
            }
        }
    }

    /// Returns the JSON that a plugin is given.
    pub fn json(&self) -> Value {
        match self {
            Self::Null(_) => Value::Null,
            Self::Scalar(text) => scalar(text),
            // Both start as null, and each entry makes them what they are.
            Self::List(items) if items.is_empty() => Value::Null,
            Self::Map(entries) if entries.is_empty() => Value::Null,
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Map(entries) => {
                let each = entries.iter().map(|(key, value)| (key.clone(), value.json()));
                Value::Object(each.collect::<Map<_, _>>())
            }
        }
    }
}

/// As in the file, on one line.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |parts: Vec<String>| parts.join(", ");
        match self {
            Self::Null(text) if text.is_empty() => f.write_str("(no value)"),
            Self::Null(text) | Self::Scalar(text) => f.write_str(text),
            Self::List(items) => write!(f, "[{}]", join(items.iter().map(Self::to_string).collect())),
            Self::Map(entries) => {
                let each = entries.iter().map(|(key, value)| format!("{key}: {value}"));
                write!(f, "{{{}}}", join(each.collect()))
            }
        }
    }
}

/// `${NAME}` becomes the variable's value, `$${NAME}` becomes `${NAME}`, and any other `$` stays.
fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let Some((before, after)) = text.split_once('$') else { return text.to_owned() };
    let named = after.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let escaped = after.strip_prefix("${").and_then(|rest| rest.split_once('}'));
    match (named, escaped) {
        (Some((name, rest)), _) => {
            format!("{before}{}{}", variable(name).unwrap_or_default(), expand(rest, variable))
        }
        (None, Some((name, rest))) => format!("{before}${{{name}}}{}", expand(rest, variable)),
        (None, None) => format!("{before}${}", expand(after, variable)),
    }
}

/// Whole numbers are tried first, then other numbers, then booleans; everything else stays text.
fn scalar(text: &str) -> Value {
    if let Some(number) = integer(text) {
        Value::from(number)
    } else if let Some(number) = double(text) {
        Value::from(number)
    } else if is_not_finite(text) {
        Value::Null // JSON has no word for it
    } else if let Some(truth) = truth(text) {
        Value::Bool(truth)
    } else {
        Value::from(text)
    }
}

/// What a C++ stream reads as an `int` when no base is set: `0x` starts a hexadecimal number, `0` an octal one.
fn integer(text: &str) -> Option<i32> {
    let text = text.trim_end();
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (if text.starts_with('-') { -1 } else { 1 }, digits),
        None => (1, text),
    };
    let (base, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        None => (10, digits),
    };
    let number = digits.starts_with(|first: char| first.is_digit(base));
    let number = number.then(|| i64::from_str_radix(digits, base).ok()).flatten()?;
    i32::try_from(sign * number).ok()
}

fn double(text: &str) -> Option<f64> {
    let text = text.trim_end();
    let part = |letter: char| letter.is_ascii_digit() || ".eE+-".contains(letter);
    text.chars().all(part).then(|| text.parse().ok()).flatten().filter(|number: &f64| number.is_finite())
}

/// YAML's words, and those that LLVM's standard library, which Falco's own builds link, reads as numbers, too.
fn is_not_finite(text: &str) -> bool {
    let word = text.strip_prefix(['+', '-']).unwrap_or(text);
    let yaml = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&word);
    yaml || ["inf", "nan"].contains(&word.to_ascii_lowercase().as_str())
}

/// In lower case, in upper case, or with a capital.
fn truth(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let rest = text.get(1..)?;
    let flexible = text == lower || rest == &lower[1..] || text == text.to_ascii_uppercase();
    match lower.as_str() {
        _ if !flexible => None,
        "y" | "yes" | "true" | "on" => Some(true),
        "n" | "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn converted(text: &str) -> Value {
        Node::read(text).expect("YAML").json()
    }

    #[test]
    fn what_is_empty_becomes_null() {
        let text = "{a: [], b: {}, c: ~, d: null, e: , f: '', g: 'null', h: [[]], i: {j: {}}}";
        let expected = json!({
            "a": null, "b": null, "c": null, "d": null, "e": null, "f": "", "g": "null", "h": [null], "i": {"j": null},
        });
        assert_eq!(converted(text), expected);
        assert_eq!(converted("{}"), Value::Null);
    }

    #[test]
    fn text_that_reads_as_a_number_becomes_one_in_quotes_too() {
        for (text, number) in [("17", 17), ("'17'", 17), ("+5", 5), ("-0", 0), ("017", 15), ("0x1F", 31)] {
            assert_eq!(converted(text), json!(number), "{text}");
        }
        for (text, number) in [("1e3", 1e3), ("'1.50'", 1.5), ("09", 9.0), (".5", 0.5), ("3000000000", 3e9)] {
            assert_eq!(converted(text), json!(number), "{text}");
        }
        for text in [".inf", "-.INF", ".nan", "inf", "NaN"] {
            assert_eq!(converted(text), Value::Null, "{text}");
        }
        for text in ["node-1", "1.2.3", "1e", "0x", "10.0.0.1", "1_000", "e5", "100m", "1h", "infinity"] {
            assert_eq!(converted(text), json!(text));
        }
    }

    #[test]
    fn text_that_reads_as_a_truth_becomes_one_in_quotes_too() {
        for text in ["y", "Yes", "TRUE", "'on'", "true"] {
            assert_eq!(converted(text), json!(true), "{text}");
        }
        for text in ["n", "No", "FALSE", "\"off\"", "false"] {
            assert_eq!(converted(text), json!(false), "{text}");
        }
        for text in ["tRUE", "oN", "enabled"] {
            assert_eq!(converted(text), json!(text));
        }
    }

    #[test]
    fn variables_are_replaced_first() {
        let variable = |name: &str| (name == "NODE").then(|| "17".to_owned());
        let expanded = |text: &str| Node::read(text).expect("YAML").expanded(&variable).json();
        assert_eq!(expanded("${NODE}"), json!(17));
        assert_eq!(expanded("'a-${NODE}-b${OTHER}'"), json!("a-17-b"));
        assert_eq!(expanded("$${NODE}"), json!("${NODE}"));
        assert_eq!(expanded("'a$b ${'"), json!("a$b ${"));
    }
}
