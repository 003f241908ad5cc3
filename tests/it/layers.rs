//! The code is layered: a module imports from lower layers only.

use std::fs;
use std::path::Path;

use crate::support::project;

/// The modules by layer, lowest first. `src/lib.rs` shows the same table.
const LAYERS: [&[&str]; 10] = [
    &["digest"],
    &["reference", "report"],
    &["output", "spec", "store"],
    &["lock", "registry", "platform"],
    &["resolve", "fetch", "render"],
    &["trust", "compose", "completeness", "cluster"],
    &["archive"],
    &["ops"],
    &["cli"],
    &["main"],
];

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("`{module}` has no layer"))
}

fn visit(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            visit(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(project().join("src")).expect("below src").display().to_string();
            found.push((name, fs::read_to_string(&path).expect("a source file")));
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    visit(&project().join("src"), &mut found);
    found.sort();
    found
}

/// Returns the modules that a source file names after `crate::`, single or in braces.
fn imports(text: &str) -> Vec<&str> {
    let word = |rest: &'_ str| {
        rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len())
    };
    text.match_indices("crate::")
        .map(|(at, prefix)| &text[at + prefix.len()..])
        .map(|rest| &rest[..word(rest)])
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn imports_go_one_way() {
    let mut upward = Vec::new();
    let mut seen = 0;
    for (file, text) in sources() {
        let module = file.split(['/', '.']).next().expect("a module").to_owned();
        if module == "lib" {
            continue;
        }
        for import in imports(&text) {
            seen += 1;
            if import != module && layer(import) >= layer(&module) {
                upward.push(format!("{file} imports `{import}`"));
            }
        }
    }
    assert!(seen > 100, "the test reads the sources");
    assert_eq!(upward, Vec::<String>::new());
}

#[test]
fn only_the_command_line_reads_the_environment_and_writes() {
    let words = ["std::env::", "println!", "std::io::stdout", "std::io::stderr"];
    let mut found = Vec::new();
    for (file, text) in sources() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if !file.starts_with("cli/") && file != "main.rs" {
            found.extend(
                words.iter().filter(|word| code.contains(**word)).map(|word| format!("{file}: {word}")),
            );
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn main_is_short() {
    let main = fs::read_to_string(project().join("src/main.rs")).expect("main.rs");
    assert!(main.lines().count() <= 40);
}
