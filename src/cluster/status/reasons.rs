//! Lists everything that is not in the installed state.

use serde_json::Value;

use super::report::{IGNORED, LayerStatus, Status};
use crate::cluster::objects::compare::FieldChange;
use crate::report::printable;

/// How many fields are shown; the rest is only counted.
const MOST_FIELDS: usize = 3;
const LONGEST_VALUE: usize = 100;
const LONGEST_WORDS: usize = 500;

impl Status {
    /// Returns why the bundle is not in its installed, healthy and enforced state; nothing if it is.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if !self.complete {
            let (bundle, version) = (&self.revision.bundle, &self.revision.version);
            reasons.push(format!(
                "the install of {bundle} {version} is not complete: run `bundle install` again"
            ));
        }
        let failed = self.probes.results.iter().filter(|result| !result.passed);
        reasons.extend(failed.map(|result| {
            format!("probe {}/{}: {}", result.layer, result.name, printable(&result.verdict, LONGEST_WORDS))
        }));
        reasons.extend(self.layers.iter().flat_map(LayerStatus::reasons));
        reasons.extend(
            self.ignored
                .iter()
                .map(|name| format!("namespace {name}: its label `{}` exempts it from Gatekeeper", IGNORED)),
        );
        reasons
    }
}

impl LayerStatus {
    fn reasons(&self) -> Vec<String> {
        let missing = self.missing.iter().map(|id| format!("{id}: it is missing"));
        let differing = self.differing.iter().map(|(id, fields)| format!("{id}: {}", differences(fields)));
        let refused = self
            .refused
            .iter()
            .map(|(id, words)| format!("{id}: it cannot be compared: {}", printable(words, LONGEST_WORDS)));
        let unready =
            self.unready.iter().map(|(id, words)| format!("{id}: {}", printable(words, LONGEST_WORDS)));
        missing.chain(differing).chain(refused).chain(unready).collect()
    }
}

fn differences(fields: &[FieldChange]) -> String {
    let mut words: Vec<String> = fields.iter().take(MOST_FIELDS).map(difference).collect();
    if fields.len() > MOST_FIELDS {
        words.push(format!("and {} more fields", fields.len() - MOST_FIELDS));
    }
    words.join("; ")
}

fn difference(field: &FieldChange) -> String {
    let path = &field.path;
    match (&field.before, &field.after) {
        (Some(now), Some(installed)) => {
            format!("`{path}` is {}, installed was {}", short(now), short(installed))
        }
        (None, Some(installed)) => format!("`{path}` is missing, installed was {}", short(installed)),
        (Some(now), None) => format!("`{path}` is {}, and was not installed", short(now)),
        (None, None) => format!("`{path}` differs"),
    }
}

fn short(value: &Value) -> String {
    printable(&value.to_string(), LONGEST_VALUE)
}
