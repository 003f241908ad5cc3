//! Every link of the README and the manual to a file of the project leads to one, and to a heading of it.

use std::fs;
use std::path::{Path, PathBuf};

use bundle_testing::support::project;

/// Returns the README and every page of the manual, relative to the project's folder.
pub fn pages() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    collect(&project().join("docs"), &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path.strip_prefix(project()).expect("below the project").display().to_string());
        }
    }
}

/// Returns the anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn has_anchor(path: &PathBuf, wanted: &str) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).any(|found| found == wanted)
}

#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    for page in pages() {
        let path = project().join(&page);
        let text = fs::read_to_string(&path).expect("a page");
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let linked =
                if file.is_empty() { path.clone() } else { path.parent().expect("a folder").join(file) };
            let leads = linked.exists() && (heading.is_empty() || has_anchor(&linked, heading));
            if !target.contains("://") && !leads {
                dead.push(format!("{page}: {target}"));
            }
        }
    }
    assert_eq!(dead, Vec::<String>::new());
}
