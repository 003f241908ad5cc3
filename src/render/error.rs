//! What can be wrong with layers, sites and upstream files, all of it in one go.

use std::fmt;

use super::unresolved::UnresolvedImage;
use super::yaml::YamlFault;

/// One fault. Files are named as they lie in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A file is named that the bundle does not carry.
    #[error("`{wanted_by}` names `{path}`, which the bundle does not carry")]
    MissingFile {
        /// Where it should lie.
        path: String,
        /// The file that names it.
        wanted_by: String,
    },
    /// A file name has characters that it must not have.
    #[error(
        "`{file}`: `{found}` is not a file name: expected letters, digits, `.`, `_`, `-` and `/`, without `..`"
    )]
    FileName {
        /// The file that names it.
        file: String,
        /// The name as it was found, escaped.
        found: String,
    },
    /// A folder below `layers/` is not a layer.
    #[error(
        "`layers/{found}` is not a layer: expected a folder `NN-name` of lower-case letters, digits and `-`, with a `layer.yaml`"
    )]
    LayerName {
        /// The folder's name, escaped.
        found: String,
    },
    /// A file is not UTF-8, or too big.
    #[error("`{file}` is not text: {reason}")]
    Text {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file, or what a template made, is not the YAML that it must be.
    #[error("`{file}`{}: {fault}", if *.rendered { " (rendered)" } else { "" })]
    Yaml {
        /// The file.
        file: String,
        /// Whether the place is one in the rendered text, not in the file.
        rendered: bool,
        /// What is wrong, and where.
        fault: YamlFault,
    },
    /// A template cannot be rendered.
    #[error("`{file}`:{line}: {reason}")]
    Template {
        /// The template.
        file: String,
        /// The line in it.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A document is not a Kubernetes object.
    #[error("`{file}`: document {document} is not a Kubernetes object: {reason}")]
    NotAnObject {
        /// The file.
        file: String,
        /// The document's number, from 1, empty ones not counted.
        document: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The same object is made twice.
    #[error("{object} is made twice: by `{first}` and by `{second}`")]
    Duplicate {
        /// Kind, namespace and name.
        object: String,
        /// The source of the first.
        first: String,
        /// The source of the second.
        second: String,
    },
    /// A patch does not fit what it is meant for.
    #[error("`{file}`: patch for {target} (\"{why}\") {problem}")]
    Patch {
        /// The `layer.yaml`.
        file: String,
        /// What it is for: kind, namespace and name, and in which file.
        target: String,
        /// The reason that the patch gives.
        why: String,
        /// What does not fit.
        problem: String,
    },
    /// An image of an object does not travel.
    #[error("{object} in `{source_file}`, field `{field}`: {problem}")]
    Image {
        /// The source of the object.
        source_file: String,
        /// Kind, namespace and name.
        object: String,
        /// The field, as a JSON pointer.
        field: String,
        /// What is wrong with the image.
        problem: Box<UnresolvedImage>,
    },
    /// A layer speaks of a place that no object has.
    #[error("`{file}`: {what} is expected at `{path}` of {target}, which is not there")]
    Place {
        /// The `layer.yaml`.
        file: String,
        /// What it says of the place.
        what: &'static str,
        /// Which objects should have it.
        target: String,
        /// The place.
        path: String,
    },
    /// An exception stands without its reason.
    #[error("`{file}`: {what} gives no reason")]
    NoReason {
        /// The `layer.yaml`.
        file: String,
        /// What lacks it.
        what: String,
    },
    /// A layer needs something that does not travel.
    #[error("`{file}`, field `carries`: {problem}")]
    Carries {
        /// The `layer.yaml`.
        file: String,
        /// What does not travel.
        problem: Box<UnresolvedImage>,
    },
    /// An object holds an address that leads out of the site.
    #[error("{object} in `{source_file}`, field `{field}`: `{address}` leads out of the site")]
    Outside {
        /// The source of the object.
        source_file: String,
        /// Kind, namespace and name.
        object: String,
        /// The field, as a JSON pointer.
        field: String,
        /// The address.
        address: String,
    },
    /// A probe says something that cannot be meant.
    #[error("`{file}`: probe `{probe}`: {reason}")]
    Probe {
        /// The file.
        file: String,
        /// The probe's name.
        probe: String,
        /// What is wrong.
        reason: String,
    },
}

impl RenderError {
    /// Returns what a person can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Image { .. } | Self::Carries { .. } => {
                Some("add it to a component of the bundle spec, lock and build again")
            }
            Self::Outside { .. } => Some(
                "nothing outside can be reached from the site: name a place inside, or, for a text that nothing opens, declare it under `inert` in the layer.yaml, with the reason",
            ),
            Self::Place { .. } => Some(
                "upstream's file may have changed: find where the text lies now, and mend the layer.yaml",
            ),
            Self::MissingFile { .. } => Some(
                "files of upstream belong under `files` of a component, our own ones into the layer's folder",
            ),
            Self::Patch { .. } => Some(
                "upstream's file may have changed: look at the objects in it, then mend or remove the patch",
            ),
            Self::Duplicate { .. } => {
                Some("remove one of them; a namespace of the site may be one that a layer brings along")
            }
            Self::Template { .. } => Some(
                "templates see `site`, `bundle`, `components`, `platform`, `registry`, `files`, `proofs` and `probe`, and nothing else",
            ),
            _ => None,
        }
    }
}

/// Every fault that was found, in the order of the layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderErrors(pub Vec<RenderError>);

impl fmt::Display for RenderErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if number == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for RenderErrors {}

/// Collects faults, so that one does not hide the others.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<RenderError>);

impl Faults {
    /// Returns the value, or keeps the fault.
    pub(super) fn keep<T>(&mut self, result: Result<T, RenderError>) -> Option<T> {
        result.map_err(|fault| self.0.push(fault)).ok()
    }

    /// Returns how many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Keeps a fault.
    pub(super) fn push(&mut self, fault: RenderError) {
        self.0.push(fault);
    }

    /// Returns the value if there was no fault at all.
    pub(super) fn or<T>(self, value: T) -> Result<T, RenderErrors> {
        if self.0.is_empty() { Ok(value) } else { Err(RenderErrors(self.0)) }
    }
}
