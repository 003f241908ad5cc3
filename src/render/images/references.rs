//! References that no pod specification shows: the layer declares where they are, and which images it carries without naming them.

use serde::Deserialize;

use super::map::PulledBy;
use super::naming::Naming;
use crate::render::error::{Faults, RenderError};
use crate::render::objects::object::Object;
use crate::render::objects::patch::Target;
use crate::render::objects::pointer::Pointer;

/// A place of an object that holds the reference of an image or artifact.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct ReferencePlace {
    target: Target,
    path: Pointer,
    /// Where the tag is, for objects that have it apart from the name.
    tag: Option<Pointer>,
    pulled_by: PulledBy,
}

/// An image or artifact that the bundle must carry though no object names it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct Carries {
    /// Its reference; without a tag, the version that the spec names.
    reference: String,
    /// What it is there for.
    reason: String,
}

impl ReferencePlace {
    /// Names what the place holds.
    pub(in crate::render) fn name(
        &self,
        objects: &mut [Object],
        naming: &mut Naming<'_>,
        faults: &mut Faults,
    ) {
        for object in objects.iter_mut().filter(|object| self.target.selects(object)) {
            naming.name_at(object, &self.path, self.tag.as_ref(), self.pulled_by, faults);
        }
    }

    /// Checks that the place is there: what hides elsewhere now would not be seen.
    pub(in crate::render) fn check(&self, objects: &mut [Object], layer_file: &str, faults: &mut Faults) {
        let mut selected = objects.iter_mut().filter(|object| self.target.selects(object));
        if !selected.any(|object| self.path.visit(&mut object.value, &mut |_, _| ()) > 0) {
            faults.push(RenderError::Place {
                file: layer_file.to_owned(),
                what: "a reference",
                target: self.target.title(),
                path: self.path.to_string(),
            });
        }
    }
}

impl Carries {
    /// Checks that the bundle carries it.
    pub(in crate::render) fn check(&self, layer_file: &str, naming: &mut Naming<'_>, faults: &mut Faults) {
        if self.reason.trim().is_empty() {
            faults.push(RenderError::NoReason {
                file: layer_file.to_owned(),
                what: format!("`carries` of `{}`", self.reference),
            });
        }
        if let Err(problem) = naming.note(&self.reference) {
            faults.push(RenderError::Carries { file: layer_file.to_owned(), problem: Box::new(problem) });
        }
    }
}
