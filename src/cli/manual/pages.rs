//! The pages of the manual: the files of `docs/`, unchanged.

use serde_json::{Value, json};

use super::plain::plain;

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Its path below `docs/`, without `.md`: `reference/spec`.
    pub(super) name: &'static str,
    /// Its Markdown.
    pub(super) text: &'static str,
}

/// Builds in the pages with these names. A new page is one more line.
macro_rules! pages {
    ($($name:literal,)*) => {
        &[$(Page { name: $name, text: include_str!(concat!("../../../docs/", $name, ".md")) }),*]
    };
}

/// Every page, in the order in which `bundle help` lists them. A test compares them with the folder.
pub(crate) const PAGES: &[Page] = pages![
    "reference/spec",
    "reference/lock",
    "reference/site",
    "reference/layer",
    "reference/registries",
    "reference/deny-list",
    "reference/cli",
    "reference/json-outputs",
    "reference/environment",
    "reference/exit-codes",
    "README",
    "tutorial",
    "guides/spec",
    "guides/own-layers",
    "guides/signing-and-thresholds",
    "guides/mirrors-proxies-and-cas",
    "guides/split-media",
    "guides/site",
    "guides/existing-registry",
    "guides/serve",
    "guides/k3s",
    "guides/talos",
    "guides/warn-to-deny",
    "guides/upgrade-and-rollback",
    "guides/gitops",
    "concepts/bundle-format",
    "concepts/trust",
    "concepts/layers",
    "concepts/completeness",
    "concepts/probes",
    "troubleshooting",
];

impl Page {
    /// Returns the last part of its name.
    pub(super) fn short(&self) -> &'static str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }

    /// Returns its heading.
    pub(super) fn title(&self) -> &'static str {
        let heading = self.text.lines().find_map(|line| line.strip_prefix("# "));
        heading.unwrap_or(self.name)
    }

    /// Returns what programs get.
    pub(crate) fn json(&self) -> Value {
        json!({"topic": self.name, "text": self.text})
    }

    /// Returns its text as a terminal shows it.
    pub(super) fn plain(&self) -> String {
        plain(self.text, self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn collect(folder: &Path, below: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if path.is_dir() {
                collect(&path, &format!("{below}{stem}/"), found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(format!("{below}{stem}"));
            }
        }
    }

    #[test]
    fn every_page_of_the_folder_is_built_in() {
        let mut found = Vec::new();
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"), "", &mut found);
        found.sort();
        let mut built_in: Vec<_> = PAGES.iter().map(|page| page.name.to_owned()).collect();
        built_in.sort();
        assert_eq!(built_in, found, "`PAGES` in src/cli/manual/pages.rs lists other pages than docs/ has");
    }

    #[test]
    fn every_page_has_a_heading() {
        for page in PAGES {
            assert!(page.text.starts_with("# "), "docs/{}.md begins with no `# ` heading", page.name);
        }
    }

    #[test]
    fn every_link_between_pages_leads_to_one() {
        for page in PAGES {
            for word in page.plain().split("`bundle help ").skip(1) {
                let name = word.split('`').next().unwrap();
                let known = PAGES.iter().any(|other| other.name == name || other.short() == name);
                let command = name.chars().all(|letter| letter.is_ascii_lowercase());
                assert!(known || command || name == "TOPIC", "{} leads to `{name}`", page.name);
            }
        }
    }
}
