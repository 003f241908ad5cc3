//! Texts are in plain English: words that hide the actor, or have a better one in the field, are refused.
//!
//! In Rust sources, string literals and comments are read; in other files, every line.

mod rust;

use std::fs;
use std::path::{Path, PathBuf};

use bundle_testing::support::project;
use rust::Text;

/// A word or phrase, and what to write instead. A star stands for any ending.
const WORDS: [(&str, &str); 40] = [
    ("all the same", "anyway, still"),
    ("anew", "again"),
    ("are said", "prints, reports, lists"),
    ("are told", "prints, warns, reports"),
    ("as it is", "unchanged"),
    ("as they are", "unchanged"),
    ("borne", "tolerated, retried, carried"),
    ("go on", "continue"),
    ("goes on", "continues"),
    ("going on", "continuing"),
    ("went on", "continued"),
    ("is none", "there is no …, is missing"),
    ("is said", "prints, reports, says"),
    ("is told", "prints, warns, reports"),
    ("was told", "was given, received"),
    ("lie in", "are in"),
    ("lies in", "is in"),
    ("lying in", "in"),
    ("made again", "retried, rebuilt"),
    ("make it again", "rebuild it"),
    ("mend", "fix"),
    ("mended", "fixed"),
    ("mends", "fixes"),
    ("nobody", "no …: name the thing that is missing"),
    ("nobody's", "no …: name the thing that is missing"),
    ("of which", "two sentences, or whose"),
    ("somebody", "name the actor"),
    ("somebody's", "name the actor"),
    ("stand in the way", "prevent, block"),
    ("standing in the way", "preventing, blocking"),
    ("stands in the way", "prevents, blocks"),
    ("stood in the way", "prevented, blocked"),
    ("take away", "remove"),
    ("taken away", "removed"),
    ("takes away", "removes"),
    ("took away", "removed"),
    ("travel*", "is in the bundle, is carried"),
    ("vouch*", "signs, verifies, trusts"),
    ("what is there", "existing …"),
    ("whoever", "name the actor"),
];

/// Files and folders that are not held: this list, the licence, and what git and cargo write.
const EXEMPT: [&str; 5] = [".git", "target", "LICENSE", "tests/fast/words.rs", "tests/fast/words"];

/// The endings of files that are read; one without an ending is read, too.
const ENDINGS: [&str; 8] = ["rs", "md", "yaml", "yml", "sh", "snap", "toml", "go"];

#[test]
fn texts_are_plain() {
    let paths = files(project());
    assert!(paths.len() > 500, "the test reads the files");
    let found: Vec<_> = paths.iter().flat_map(|path| complaints(path)).collect();
    assert!(found.is_empty(), "{} words to replace:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_word_is_found_with_its_line_and_a_better_one() {
    let source = "fn f() {\n    // Taken\n    // away, all\n    g(\"Nobody\\n\\\n       is told\");\n}\n";
    let found = complaints_in("a.rs", &rust::texts(source));
    let expected = [
        "a.rs:2: `taken away`: write removed",
        "a.rs:4: `nobody`: write no …: name the thing that is missing",
        "a.rs:5: `is told`: write prints, warns, reports",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_phrase_is_found_across_the_lines_of_a_comment() {
    for file in ["# x is\n  # told\n", "x is\ntold\n", "> is\n> told\n", "// is\n// told\n"] {
        assert_eq!(complaints_in("a.yaml", &[Text::plain(file)]).len(), 1, "{file}");
    }
}

#[test]
fn parts_of_words_are_not_words() {
    let texts = rust::texts("// recommended, renewal, nobody_knows, of whichever\n// traveller\n");
    assert_eq!(complaints_in("a.rs", &texts), ["a.rs:2: `travel*`: write is in the bundle, is carried"]);
}

/// Returns the files below a folder that are held, or the file itself.
fn files(path: &Path) -> Vec<PathBuf> {
    if EXEMPT.iter().any(|exempt| path == project().join(exempt)) {
        return Vec::new();
    }
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let is_read = |path: &PathBuf| {
        path.is_dir() || path.extension().is_none_or(|ending| ENDINGS.iter().any(|known| ending == *known))
    };
    paths.into_iter().filter(is_read).flat_map(|path| files(&path)).collect()
}

/// Returns a line for each word of the list in a file.
fn complaints(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a text");
    let name = path.strip_prefix(project()).expect("below the project").display().to_string();
    let texts = match path.extension().is_some_and(|ending| ending == "rs") {
        true => rust::texts(&text),
        false => vec![Text::plain(&text)],
    };
    complaints_in(&name, &texts)
}

fn complaints_in(name: &str, texts: &[Text]) -> Vec<String> {
    let mut found = Vec::new();
    for (text, (word, better)) in texts.iter().flat_map(|text| WORDS.iter().map(move |word| (text, word))) {
        let lines = text.lines_with(word);
        found.extend(lines.iter().map(|line| (*line, format!("{name}:{line}: `{word}`: write {better}"))));
    }
    found.sort();
    found.into_iter().map(|(_, complaint)| complaint).collect()
}
