//! Finds the paths that a source file names, and says which file each of them leads to.

use std::collections::BTreeSet;

use super::code::{Code, Token};

/// A path of modules from the root of the crate: `["cluster", "api"]`.
pub type ModulePath = Vec<String>;

/// Returns every path of a file at `module` that begins with `crate`, `self`, `super` or one of its own modules, from the
/// root of the crate.
pub fn imports(module: &[String], tokens: &[Token], own: &[&str]) -> Vec<ModulePath> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins = at == 0 || !matches!(tokens[at - 1], Token::Colons | Token::Mark('.'));
        // `pub(in crate::cluster)` says who sees an item, and imports nothing.
        let shows =
            at > 1 && tokens[at - 1] == Token::Word("in".to_owned()) && tokens[at - 2] == Token::Mark('(');
        let begins = begins && !shows;
        at = match (&tokens[at], tokens.get(at + 1)) {
            (Token::Word(word), Some(Token::Colons)) if begins => match base(module, word, own) {
                Some(base) => tree(tokens, at + 2, &base, &mut found),
                None => at + 2,
            },
            _ => at + 1,
        };
    }
    found
}

/// Returns the module that the first word of a path stands for; `None` for another crate or an imported name.
fn base(module: &[String], word: &str, own: &[&str]) -> Option<ModulePath> {
    match word {
        "crate" => Some(Vec::new()),
        "self" => Some(module.to_vec()),
        "super" => Some(parent(module)),
        name if own.contains(&name) => Some([module, &[name.to_owned()]].concat()),
        _ => None,
    }
}

fn parent(module: &[String]) -> ModulePath {
    module[..module.len().saturating_sub(1)].to_vec()
}

/// Reads what follows `base::`; returns the place behind it.
fn tree(tokens: &[Token], at: usize, base: &[String], found: &mut Vec<ModulePath>) -> usize {
    match tokens.get(at) {
        Some(Token::Mark('{')) => {
            let mut at = at + 1;
            while !matches!(tokens.get(at), None | Some(Token::Mark('}'))) {
                at = tree(tokens, at, base, found);
                while let Some(Token::Word(_) | Token::Mark(',')) = tokens.get(at) {
                    let renamed = matches!(&tokens[at], Token::Word(word) if word == "as");
                    at += if renamed { 2 } else { 1 };
                    if !renamed {
                        break;
                    }
                }
            }
            at + 1
        }
        Some(Token::Word(word)) => {
            let path = match word.as_str() {
                "super" => parent(base),
                "self" => base.to_vec(),
                name => [base, &[name.to_owned()]].concat(),
            };
            match tokens.get(at + 1) {
                Some(Token::Colons) => tree(tokens, at + 2, &path, found),
                _ => {
                    found.push(path);
                    at + 1
                }
            }
        }
        _ => {
            found.push(base.to_vec());
            at + 1
        }
    }
}

/// Returns the module with a file of its own that a path leads to: the deepest one.
pub fn file_of(path: &[String], files: &BTreeSet<ModulePath>) -> Option<ModulePath> {
    (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|path| files.contains(path))
}

/// Returns what the product code of a file imports.
pub fn of_product(module: &[String], code: &Code) -> Vec<ModulePath> {
    imports(module, &code.product, &code.modules())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ModulePath {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn every_form_of_import_is_read() {
        for (text, expected) in [
            ("use crate::spec;", vec!["spec"]),
            ("use crate::{lock, spec};", vec!["lock", "spec"]),
            (
                "use crate::{lock::Lock as L, spec::{self, site::{Site, Names}}};",
                vec!["lock/Lock", "spec", "spec/site/Site", "spec/site/Names"],
            ),
            ("use super::super::report::Finding;", vec!["report/Finding"]),
            ("use super::{super::report, error::*};", vec!["report", "cluster/error"]),
            ("pub use self::watch::Change;", vec!["cluster/api/watch/Change"]),
            ("mod watch; pub use watch::Change;", vec!["cluster/api/watch/Change"]),
            (
                "pub(in crate::cluster) fn f() { crate::digest::Digest::of(x).hex() }",
                vec!["digest/Digest/of"],
            ),
            ("use serde::{de, crate_::x}; fn f() { other::g(); a.b::<C>() }", vec![]),
            ("#[cfg(test)] mod tests { use crate::archive; } fn f() { crate::store::g() }", vec!["store/g"]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(path).collect();
            assert_eq!(of_product(&path("cluster/api"), &Code::read(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_path_leads_to_the_deepest_file() {
        let files = ["cluster", "cluster/api", "spec"].map(path).into();
        for (text, expected) in [
            ("cluster/api/Api/new", Some("cluster/api")),
            ("cluster/Cluster", Some("cluster")),
            ("other/spec", None),
        ] {
            assert_eq!(file_of(&path(text), &files), expected.map(path), "{text}");
        }
    }
}
