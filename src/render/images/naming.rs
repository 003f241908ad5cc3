//! Replaces references in objects by the names under which they are pulled, and remembers what of the bundle is used.

use std::collections::BTreeSet;

use serde_json::Value;

use super::map::{ImageMap, Named, PulledBy};
use crate::reference::ImageRef;
use crate::render::error::{Faults, RenderError};
use crate::render::objects::object::Object;
use crate::render::objects::pointer::Pointer;
use crate::render::unresolved::UnresolvedImage;
use crate::report::printable;

/// The names of one site, and what was asked for so far.
pub(in crate::render) struct Naming<'a> {
    images: &'a ImageMap,
    used: BTreeSet<ImageRef>,
}

impl<'a> Naming<'a> {
    /// Starts with nothing used.
    pub(in crate::render) fn new(images: &'a ImageMap) -> Self {
        Self { images, used: BTreeSet::new() }
    }

    /// Returns everything of the bundle that was asked for.
    pub(in crate::render) fn into_used(self) -> BTreeSet<ImageRef> {
        self.used
    }

    /// Notes that something is needed, though no object names it.
    ///
    /// # Errors
    ///
    /// When the bundle does not carry it.
    pub(in crate::render) fn note(&mut self, text: &str) -> Result<(), UnresolvedImage> {
        self.used.insert(self.images.carries(text)?);
        Ok(())
    }

    /// Names the references at a path; if the tag has a path of its own, name and tag stay apart.
    pub(in crate::render) fn name_at(
        &mut self,
        object: &mut Object,
        path: &Pointer,
        tag: Option<&Pointer>,
        pulled_by: PulledBy,
        faults: &mut Faults,
    ) {
        let (source_file, title) = (object.source.clone(), object.title());
        let beside = tag.map(|tag| text_at(&mut object.value, tag));
        let mut found_tag = None;
        path.visit(
            &mut object.value,
            &mut |field, place| match self.name(place, beside.as_deref(), pulled_by) {
                Ok(named) => {
                    let whole = if beside.is_some() { named.repository.clone() } else { named.pinned() };
                    *place = Value::String(whole);
                    found_tag = named.tag;
                }
                Err(problem) => faults.push(RenderError::Image {
                    source_file: source_file.clone(),
                    object: title.clone(),
                    field: field.to_owned(),
                    problem: Box::new(problem),
                }),
            },
        );
        if let (Some(tag), Some(text)) = (tag, found_tag) {
            tag.visit(&mut object.value, &mut |_, place| *place = Value::String(text.clone()));
        }
    }

    /// Returns the name under which nodes pull an image.
    ///
    /// # Errors
    ///
    /// When the bundle does not carry it.
    pub(in crate::render) fn pulled(&mut self, text: &str) -> Result<String, UnresolvedImage> {
        Ok(self.name(&Value::from(text), None, PulledBy::Nodes)?.pinned())
    }

    fn name(
        &mut self,
        place: &Value,
        tag: Option<&str>,
        pulled_by: PulledBy,
    ) -> Result<Named, UnresolvedImage> {
        let not_text = || UnresolvedImage::NotText { found: printable(&place.to_string(), 80) };
        let name = place.as_str().ok_or_else(not_text)?;
        let whole = tag.filter(|tag| !tag.is_empty()).map(|tag| format!("{name}:{tag}"));
        let named = self.images.resolve(whole.as_deref().unwrap_or(name), pulled_by)?;
        self.used.insert(named.reference.clone());
        Ok(named)
    }
}

fn text_at(value: &mut Value, path: &Pointer) -> String {
    let mut text = String::new();
    path.visit(value, &mut |_, place| text = place.as_str().unwrap_or_default().to_owned());
    text
}
