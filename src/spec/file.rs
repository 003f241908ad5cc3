//! What the files that people write have in common.

use super::decode::{Fault, Faults};
use super::node::{self, Node, Place};

/// The version of the files that people write.
pub const API_VERSION: &str = "bundle/v1alpha1";

/// The largest file that a person is taken to have written, in bytes.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Parses YAML; a text that is not YAML is one fault.
pub(super) fn parse_yaml(text: &str, file: &str) -> Result<Node, Faults> {
    node::parse(text).map_err(|error| {
        let place = error.location().map(|at| Place { line: at.line(), column: at.column() });
        let message = error.without_snippet().to_string().lines().next().unwrap_or_default().to_owned();
        let hint = "fix the YAML at this place".to_owned();
        Faults {
            file: file.to_owned(),
            faults: vec![Fault { place: place.unwrap_or_default(), message, hint }],
        }
    })
}
