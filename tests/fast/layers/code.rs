//! Reads a source file as far as imports go: its words and punctuation, without comments, texts and test code.

/// A piece of code that can be part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(String),
    Colons,
    Mark(char),
}

/// One source file.
#[derive(Debug, Default)]
pub struct Code {
    /// Everything but comments and the contents of string literals.
    pub all: Vec<Token>,
    /// The same without items behind `#[cfg(test)]`.
    pub product: Vec<Token>,
    /// The modules that are declared behind `#[cfg(test)]`: their files are test code.
    pub test_modules: Vec<String>,
}

impl Code {
    pub fn read(text: &str) -> Self {
        let all = tokens(text);
        let (product, test_modules) = without_tests(&all);
        Self { all, product, test_modules }
    }

    /// Returns the modules that are declared here and have a file of their own.
    pub fn modules(&self) -> Vec<&str> {
        let declared = self.product.windows(3).filter_map(|three| match three {
            [Token::Word(word), Token::Word(name), Token::Mark(';')] if word == "mod" => Some(name.as_str()),
            _ => None,
        });
        declared.collect()
    }

    /// Returns the product code as text, with single spaces: `std :: env :: var`.
    pub fn product_text(&self) -> String {
        let text = |token: &Token| match token {
            Token::Word(word) => word.clone(),
            Token::Colons => "::".to_owned(),
            Token::Mark(mark) => mark.to_string(),
        };
        self.product.iter().map(text).collect::<Vec<_>>().join(" ")
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            _ if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => (None, rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '"' => (Some(Token::Mark('"')), string(rest)),
            '\'' => (None, character(rest)),
            _ if first.is_alphanumeric() || first == '_' => word(rest),
            _ if rest.starts_with("::") => (Some(Token::Colons), 2),
            _ if first.is_whitespace() => (None, first.len_utf8()),
            mark => (Some(Token::Mark(mark)), mark.len_utf8()),
        };
        tokens.extend(token);
        rest = &rest[length..];
    }
    tokens
}

/// Reads a word, or a raw string that begins like one.
fn word(rest: &str) -> (Option<Token>, usize) {
    let length = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len());
    let (word, after) = rest.split_at(length);
    let hashes = after.len() - after.trim_start_matches('#').len();
    if matches!(word, "r" | "br") && after[hashes..].starts_with('"') {
        let close = format!("\"{}", "#".repeat(hashes));
        let content = length + hashes + 1;
        let end = rest[content..].find(&close).map_or(rest.len(), |end| content + end + close.len());
        return (Some(Token::Mark('"')), end);
    }
    (Some(Token::Word(word.to_owned())), length)
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    let close = rest.char_indices().skip(1).find(|(_, letter)| {
        let closes = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        closes
    });
    close.map_or(rest.len(), |(at, _)| at + 1)
}

/// Returns the length of a character literal, or that of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(rest.len(), |end| end + 4),
        _ => match letters.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
    }
}

fn without_tests(all: &[Token]) -> (Vec<Token>, Vec<String>) {
    let (mut product, mut modules) = (Vec::new(), Vec::new());
    let cfg_test = tokens("#[cfg(test)]");
    let mut at = 0;
    while at < all.len() {
        if all[at..].starts_with(&cfg_test) {
            let begin = at + cfg_test.len();
            at = begin + item(&all[begin..]);
            modules.extend(
                Code { product: all[begin..at].to_vec(), ..Code::default() }
                    .modules()
                    .into_iter()
                    .map(str::to_owned),
            );
        } else {
            product.push(all[at].clone());
            at += 1;
        }
    }
    (product, modules)
}

/// Returns the length of an item: to its `;`, or to the end of its first block unless it is one that ends with `;`.
fn item(tokens: &[Token]) -> usize {
    let is =
        |token: &Token, names: &[&str]| matches!(token, Token::Word(word) if names.contains(&word.as_str()));
    let mut depth = 0;
    let mut ends_with_semicolon = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']') => depth -= 1,
            Token::Mark('}') => {
                depth -= 1;
                if depth <= 0 && !ends_with_semicolon {
                    return at + 1;
                }
            }
            Token::Mark(';') if depth == 0 => return at + 1,
            word if depth == 0 => ends_with_semicolon |= is(word, &["use", "static", "type", "let"]),
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_not_code() {
        let text = "// crate::a\n/* crate::b */ fn f<'a>(c: char) { '\"'; '\\''; \"crate::c \\\" \"; r#\"crate::\"d\"#; x }";
        assert_eq!(Code::read(text).product_text(), "fn f < a > ( c : char ) { ; ; \" ; \" ; x }");
    }

    #[test]
    fn only_test_items_are_left_out_and_the_code_behind_them_is_read() {
        let text = "
            #[cfg(test)] mod tests;
            #[cfg(test)] use a::{b, c};
            #[cfg(test)] #[path = \"x.rs\"] pub(crate) mod fixture;
            #[cfg(test)] pub(super) fn node() -> Node { Node { a: 1 } }
            mod one;
            #[cfg(test)] mod inline { mod deep { } fn f() { } }
            fn kept() { }";
        let code = Code::read(text);
        assert_eq!(code.product_text(), "mod one ; fn kept ( ) { }");
        assert_eq!(code.test_modules, ["tests", "fixture"]);
        assert_eq!(code.modules(), ["one"]);
    }
}
