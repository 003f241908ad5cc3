//! Folders as texts for snapshots: one of them whole, the others as what differs from it.

use std::collections::BTreeMap;

use similar::TextDiff;

/// The files of a folder: content by path.
pub type Files = BTreeMap<String, String>;

/// Returns every file with its path above it.
#[must_use]
pub fn whole(files: &Files) -> String {
    files.iter().map(|(path, content)| format!("=== {path}\n{content}\n")).collect()
}

/// Returns what differs from the files of another folder: the paths that it lacks, its new files whole, of each other file the lines.
#[must_use]
pub fn differences(from: &Files, to: &Files) -> String {
    let missing = from.keys().filter(|path| !to.contains_key(*path));
    let missing: String = missing.map(|path| format!("=== {path} is missing\n")).collect();
    let changed = to.iter().filter_map(|(path, content)| match from.get(path) {
        None => Some(format!("=== {path} is new\n{content}\n")),
        Some(before) if before == content => None,
        Some(before) => Some(format!("=== {path}\n{}", lines(before, content))),
    });
    missing + &changed.collect::<String>()
}

fn lines(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(1).missing_newline_hint(false).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_paths_and_lines() {
        let files = |files: &[(&str, &str)]| -> Files {
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
        };
        let from = files(&[("a", "1\n2\n3\n4\n"), ("b", "1\n"), ("c", "1\n")]);
        let to = files(&[("a", "1\n2\n3\n5\n"), ("b", "1\n"), ("d", "1\n")]);
        let expected = "=== c is missing\n=== a\n@@ -3,2 +3,2 @@\n 3\n-4\n+5\n=== d is new\n1\n\n";
        assert_eq!(differences(&from, &to), expected);
        assert_eq!(whole(&from), "=== a\n1\n2\n3\n4\n\n=== b\n1\n\n=== c\n1\n\n");
    }
}
