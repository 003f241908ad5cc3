//! YAML as Kubernetes' own tools read it, and written so that they read it back the same.
//!
//! Go's YAML takes `0644` for a number in base 8 and `yes` for a boolean; so does this. What is written is quoted
//! wherever any reader might see something else than a string.
//!
//! What is read came from others. It is limited in bytes, documents, nodes, depth and alias expansion.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{MessageFormatter, Options, SerializerOptions, UserMessageFormatter};

use crate::report::printable;

/// The largest file that is read.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;
const MAX_DOCUMENTS: usize = 1024;

/// What is wrong with a YAML text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlFault {
    /// Line and column, from 1, if known.
    pub place: Option<(u64, u64)>,
    /// What is wrong, in one line.
    pub reason: String,
    /// The line of the text, shortened; empty if unknown.
    pub near: String,
}

impl fmt::Display for YamlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.reason)?;
        if self.near.is_empty() { Ok(()) } else { write!(f, ", in `{}`", self.near) }
    }
}

impl YamlFault {
    fn new(error: &serde_saphyr::Error, text: &str) -> Self {
        let error = error.without_snippet();
        let place = error.location().map(|at| (at.line(), at.column())).filter(|at| at.0 > 0);
        let near = place.and_then(|(line, _)| text.lines().nth(usize::try_from(line - 1).ok()?));
        Self {
            place,
            reason: printable(&UserMessageFormatter.format_message(error), 300),
            near: printable(near.unwrap_or_default().trim(), 80),
        }
    }
}

/// Reads one document into a type of ours.
///
/// # Errors
///
/// Anything that is not that type, with its place; also a second document.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, YamlFault> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| YamlFault::new(&error, text))
}

/// Reads every document of a stream of Kubernetes objects; empty ones are left out.
///
/// # Errors
///
/// What is not YAML, repeats a key, or exceeds a limit.
pub(super) fn parse_stream(text: &str) -> Result<Vec<Value>, YamlFault> {
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options())
        .map_err(|error| YamlFault::new(&error, text))?;
    Ok(documents.into_iter().filter(|value| !value.is_null()).collect())
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_documents: MAX_DOCUMENTS },
        duplicate_keys: DuplicateKeyPolicy::Error,
        legacy_octal_numbers: true,
        strict_booleans: false,
        with_snippet: false,
    }
}

/// Writes a value as one YAML document that ends with a newline.
///
/// # Errors
///
/// When the value cannot be written as YAML, which no JSON value should cause.
pub(super) fn emit(value: &Value) -> Result<String, String> {
    let options: SerializerOptions =
        serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX, yaml_12: false };
    let mut text = serde_saphyr::to_string_with_options(value, options).map_err(|error| error.to_string())?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_booleans_are_read_as_go_reads_them() {
        let text = "mode: 0644\nhost: yes\ncount: 1_000\nname: '0644'\n";
        assert_eq!(
            parse_stream(text),
            Ok(vec![json!({"mode": 420, "host": true, "count": 1000, "name": "0644"})])
        );
    }

    #[test]
    fn strings_that_look_like_something_else_come_back_as_strings() {
        let long = "word ".repeat(40);
        let value = json!({
            "list": ["yes", "on", "y", "~", "null", "1_000", "0644", "1e3", "1:20", "0x10", "=", "<<", " a ", "- b", "#c", ""],
            "text": "two\nlines\n", "trailing": "a\n\n", "leading": "  a\nb", "long": long, "empty": {}, "none": [],
            "tab": "a\tb", "carriage": "a\r\nb", "escape": "\u{1b}[0m", "null": null,
        });
        let text = emit(&value).unwrap();
        assert_eq!(parse_stream(&text), Ok(vec![value]), "{text}");
    }

    #[test]
    fn empty_documents_are_left_out() {
        assert_eq!(parse_stream("# nothing\n---\n---\na: 1\n---\n~\n"), Ok(vec![json!({"a": 1})]));
        assert_eq!(parse_stream(""), Ok(vec![]));
    }

    #[test]
    fn hostile_texts_are_refused() {
        let laughs = (1..40).fold("a0: &a0 [lol, lol]\n".to_owned(), |text, n| {
            let last = n - 1;
            text + &format!("a{n}: &a{n} [*a{last}, *a{last}, *a{last}, *a{last}]\n")
        });
        let reason = |text: &str| parse_stream(text).map(|_| ()).map_err(|fault| fault.reason);
        insta::assert_debug_snapshot!([
            reason(&laughs),
            reason(&"a: 1\n---\n".repeat(100_000)),
            reason(&"[".repeat(10_000)),
            reason(&"- ".repeat(10_000)),
            reason("a: 1\na: 2\n"),
            reason("a: .nan\n"),
        ]);
    }
}
