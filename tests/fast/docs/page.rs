//! What a page of the manual says: its sections, its blocks of code, and the fields that it documents.
//!
//! A field is documented by a bullet that begins with its path: "- `metadata.name`: text, required. …". Items of a list are
//! `[]`, and a key that the writer chooses is `<host>`. Several paths with the same text have `, ` between them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A block of code.
pub struct Block {
    /// What follows the fence: `console run`.
    pub info: String,
    /// The line of the fence, from 1.
    pub line: usize,
    /// The lines within.
    pub text: String,
}

/// A documented field.
pub struct Entry {
    /// Its path, with `*` for a key that the writer chooses.
    pub path: String,
    /// Its description.
    pub text: String,
}

/// Reads a file of the project.
pub fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns what follows the heading `## NAME`, up to the next one of that level.
pub fn section<'a>(page: &'a str, name: &str) -> &'a str {
    let heading = format!("\n## {name}\n");
    let start = page.find(&heading).unwrap_or_else(|| panic!("no section `{name}`")) + heading.len();
    let end = page[start..].find("\n## ").map_or(page.len(), |end| start + end);
    &page[start..end]
}

/// Returns the blocks of code.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(info) => {
                found.push(Block { info: info.to_owned(), line: number + 1, text: String::new() });
                inside = true;
            }
            None if inside => {
                let block = found.last_mut().expect("a block has begun");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!inside, "a block of code has no end");
    found
}

/// Returns the documented fields.
pub fn entries(page: &str) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut open = 0;
    for line in page.lines() {
        if let Some((paths, text)) = line.strip_prefix("- `").and_then(|rest| rest.split_once("`: ")) {
            let paths: Vec<_> = paths.split("`, `").collect();
            open = paths.len();
            found.extend(paths.into_iter().map(|path| Entry { path: chosen(path), text: text.to_owned() }));
        } else if line.starts_with("  ") {
            let from = found.len() - open;
            found[from..].iter_mut().for_each(|entry| entry.text.push_str(&format!(" {}", line.trim())));
        } else {
            open = 0;
        }
    }
    found
}

/// Returns the paths of the documented fields; none may be documented twice.
pub fn paths(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for Entry { path, .. } in entries(page) {
        assert!(found.insert(path.clone()), "`{path}` is documented twice");
    }
    found
}

/// Demands that a page documents exactly what there is.
pub fn same(page: &str, documented: &BTreeSet<String>, real: &BTreeSet<String>) {
    let missing: Vec<_> = real.difference(documented).collect();
    let invented: Vec<_> = documented.difference(real).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "{page}: not documented: {missing:?}; documented, but unknown to the program: {invented:?}"
    );
}

/// `<host>` becomes `*`.
fn chosen(path: &str) -> String {
    let parts = path.split('.').map(|part| if part.starts_with('<') { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}
