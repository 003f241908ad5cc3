//! A regular expression that a whole text has to match.
//!
//! Cosign searches: `https://github.com/org/repo` also accepts `https://github.com/org/repo-of-someone-else`. Here a pattern is
//! anchored at both ends, and cannot be written so that it is not: it must be an expression by itself, and flags (`(?i)`), which
//! could make it deaf to case or blind to the anchors, are refused.

use std::fmt;

use regex::{Regex, RegexBuilder};
use serde::{Serialize, Serializer};

/// An identity is a URL of a few hundred characters.
const LENGTH_LIMIT: usize = 2048;
/// What a compiled expression may take, in bytes: `x{1000}{1000}` does not fit.
const SIZE_LIMIT: usize = 1024 * 1024;

/// The text is not a pattern that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The text is empty, or longer than any identity.
    #[error("expected a pattern of 1 to {LENGTH_LIMIT} bytes, found {found}")]
    Length {
        /// Its length.
        found: usize,
    },
    /// The text is not a regular expression, or one that is too large.
    #[error("the pattern `{pattern}` is not a regular expression: {reason}")]
    Malformed {
        /// The text.
        pattern: String,
        /// What the reader of expressions says.
        reason: String,
    },
    /// The expression sets a flag.
    #[error(
        "the pattern `{pattern}` sets a flag with `(?`; case and anchors are not the pattern's to change"
    )]
    Flag {
        /// The text.
        pattern: String,
    },
}

/// A regular expression, matched against the whole text, with regard to case.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Reads a pattern in the syntax of the crate `regex`; `^` at its start and `$` at its end are allowed and change nothing.
    ///
    /// # Errors
    ///
    /// [`PatternError`] if the text is empty, too long, not an expression, or sets a flag.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() || text.len() > LENGTH_LIMIT {
            return Err(PatternError::Length { found: text.len() });
        }
        if sets_a_flag(text) {
            return Err(PatternError::Flag { pattern: text.to_owned() });
        }
        // By itself first: `a)|(?:b` becomes an expression only between our brackets.
        compile(text, text)?;
        let regex = compile(text, &format!(r"\A(?:{text})\z"))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// Tells whether the whole text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

fn compile(shown: &str, text: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(text).size_limit(SIZE_LIMIT).build().map_err(|error| {
        // The reader draws the expression over several lines; its last line says what is wrong.
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        PatternError::Malformed { pattern: shown.to_owned(), reason }
    })
}

/// Tells whether a group is anything but `(…)`, `(?:…)` or a named one.
fn sets_a_flag(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '(']) {
        let after = &rest[at + 1..];
        if rest[at..].starts_with('\\') {
            rest = after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            continue;
        }
        if after.starts_with('?') && !["?:", "?P<", "?<"].iter().any(|group| after.starts_with(group)) {
            return true;
        }
        rest = after;
    }
    false
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = r"https://github\.com/falcosecurity/falcoctl/\.github/workflows/.+@refs/tags/v0\.14\.1";

    #[test]
    fn a_pattern_matches_the_whole_text() {
        let identity =
            "https://github.com/falcosecurity/falcoctl/.github/workflows/docker-image.yaml@refs/tags/v0.14.1";
        let look_alikes = [
            format!("{identity}0"),
            format!("x{identity}"),
            format!("{identity}\n"),
            format!("\n{identity}"),
            identity.to_uppercase(),
            identity.replace("falcosecurity", "falcosecurlty"),
            identity.replace("github.com", "githubXcom"),
        ];
        for text in [TAG, &format!("^{TAG}$"), &format!("(?:{TAG})"), &format!("{TAG}|never")] {
            let pattern = Pattern::parse(text).unwrap();
            assert!(pattern.matches(identity), "{text}");
            for other in &look_alikes {
                assert!(!pattern.matches(other), "{text} {other:?}");
            }
        }
    }

    #[test]
    fn an_alternative_is_anchored_too() {
        let pattern = Pattern::parse("a|b").unwrap();
        assert!(pattern.matches("a") && pattern.matches("b"));
        assert!(!pattern.matches("ax") && !pattern.matches("xb"));
    }

    #[test]
    fn patterns_that_cannot_be_used_are_refused() {
        let long = "a".repeat(2049);
        let flag = |text: &str| {
            format!(
                "the pattern `{text}` sets a flag with `(?`; case and anchors are not the pattern's to change"
            )
        };
        let malformed =
            |text: &str, reason: &str| format!("the pattern `{text}` is not a regular expression: {reason}");
        let table = [
            ("", "expected a pattern of 1 to 2048 bytes, found 0".to_owned()),
            (&long, "expected a pattern of 1 to 2048 bytes, found 2049".to_owned()),
            ("(?i)a", flag("(?i)a")),
            ("a(?m-u:b)", flag("a(?m-u:b)")),
            ("a)|(?:b", malformed("a)|(?:b", "unopened group")),
            ("a(", malformed("a(", "unclosed group")),
            (
                "x{999}{999}{999}",
                malformed("x{999}{999}{999}", "Compiled regex exceeds size limit of 1048576 bytes."),
            ),
        ];
        for (text, error) in table {
            assert_eq!(Pattern::parse(text).unwrap_err().to_string(), error);
        }
        assert!(Pattern::parse(r"\(?i").unwrap().matches("(i"));
    }
}
