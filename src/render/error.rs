//! What can be wrong with layers, sites and upstream files, all of it in one go.

use std::fmt;

use super::unresolved::UnresolvedImage;
use super::yaml::YamlFault;

/// One fault. Files are named by their paths in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A file is named that the bundle does not carry.
    #[error("`{wanted_by}` names `{path}`, which the bundle does not carry")]
    MissingFile {
        /// Its path in the bundle.
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
    #[error("{object} is created twice: by `{first}` and by `{second}`")]
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
    /// The bundle does not carry an image of an object.
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
    #[error("`{file}`: {what} is expected at `{path}` of {target}, which does not exist")]
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
    /// A layer needs an image or artifact that the bundle does not carry.
    #[error("`{file}`, field `carries`: {problem}")]
    Carries {
        /// The `layer.yaml`.
        file: String,
        /// Why it was not found in the bundle.
        problem: Box<UnresolvedImage>,
    },
    /// An object holds an address that is outside the site.
    #[error("{object} in `{source_file}`, field `{field}`: `{address}` is outside the site")]
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
    /// Returns a next step, if one is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Image { .. } | Self::Carries { .. } => {
                Some("add it to a component of the bundle spec, lock and build again")
            }
            Self::Outside { .. } => Some(
                "the site cannot reach addresses outside: use one inside or, if the text is never opened, declare it under `inert` in the layer.yaml, with the reason",
            ),
            Self::Place { .. } => {
                Some("upstream's file may have changed: find the text's new place, and fix the layer.yaml")
            }
            Self::MissingFile { .. } => Some(
                "list upstream's files under `files` of a component, and put your own into the layer's folder",
            ),
            Self::Patch { .. } => Some(
                "upstream's file may have changed: look at the objects in it, then fix or remove the patch",
            ),
            Self::Duplicate { .. } => {
                Some("remove one of them; a layer may create a namespace that the site lists")
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
