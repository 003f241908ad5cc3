//! A Kubernetes object with a name, and the files that it was made from.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::render::error::{Faults, RenderError};
use crate::render::yaml::parse_stream;
use crate::rendered::RenderedObject;
use crate::report::printable;

/// An object that is known to have an API version, a kind and a name.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::render) struct Object {
    pub(in crate::render) value: Value,
    /// Layer and file: `10-gatekeeper/gatekeeper.yaml`.
    pub(in crate::render) source: String,
    /// Whether it is skipped if the cluster does not know its kind.
    pub(in crate::render) optional: bool,
}

impl Object {
    /// Checks that it is one.
    ///
    /// # Errors
    ///
    /// What is missing or of a wrong type.
    pub(in crate::render) fn new(value: Value, source: &str) -> Result<Self, String> {
        if !value.is_object() {
            return Err(format!("expected fields, found `{}`", printable(&value.to_string(), 80)));
        }
        for field in ["/apiVersion", "/kind", "/metadata/name"] {
            let text = value.pointer(field).and_then(Value::as_str).unwrap_or_default();
            if text.is_empty() || text.chars().any(char::is_control) {
                return Err(format!("expected a text in `{field}`, found {}", found(value.pointer(field))));
            }
        }
        Ok(Self { value, source: source.to_owned(), optional: false })
    }

    fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the API group, empty for the core one.
    pub(in crate::render) fn group(&self) -> &str {
        self.text("/apiVersion").split_once('/').map_or("", |(group, _)| group)
    }

    /// Returns the kind.
    pub(in crate::render) fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// Returns the name.
    pub(in crate::render) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Returns the namespace, empty for none.
    pub(in crate::render) fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// Returns what a person calls it: ``Deployment `gatekeeper-system/gatekeeper-audit` ``.
    pub(in crate::render) fn title(&self) -> String {
        let namespace = self.namespace();
        let slash = if namespace.is_empty() { "" } else { "/" };
        format!("{} `{namespace}{slash}{}`", self.kind(), self.name())
    }

    /// Returns the object as it leaves this module.
    pub(in crate::render) fn into_rendered(self) -> RenderedObject {
        RenderedObject { source: self.source, value: self.value, optional: self.optional }
    }
}

fn found(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("`{}`", printable(&value.to_string(), 80)))
}

/// Reads the objects of a text; the items of a `List` become objects of their own.
pub(in crate::render) fn read(
    text: &str,
    file: &str,
    rendered: bool,
    source: &str,
    faults: &mut Faults,
) -> Vec<Object> {
    let stream =
        parse_stream(text).map_err(|fault| RenderError::Yaml { file: file.to_owned(), rendered, fault });
    let documents = (1..).zip(faults.keep(stream).unwrap_or_default());
    let values = documents.flat_map(|(document, value)| items(value).into_iter().map(move |v| (document, v)));
    let not_one = |document, reason| RenderError::NotAnObject { file: file.to_owned(), document, reason };
    let check = |(document, value)| Object::new(value, source).map_err(|reason| not_one(document, reason));
    values.map(check).filter_map(|object| faults.keep(object)).collect()
}

fn items(mut value: Value) -> Vec<Value> {
    let is_list = value.get("kind").and_then(Value::as_str) == Some("List")
        && value.get("apiVersion").and_then(Value::as_str) == Some("v1");
    match value.get_mut("items") {
        Some(Value::Array(items)) if is_list => std::mem::take(items),
        _ => vec![value],
    }
}

/// Finds objects that are made more than once: same group, kind, namespace and name, whatever the version.
pub(in crate::render) fn refuse_duplicates<'a>(
    objects: impl Iterator<Item = &'a Object>,
    faults: &mut Faults,
) {
    let mut sources = BTreeMap::new();
    for object in objects {
        let key = (object.group(), object.kind(), object.namespace(), object.name());
        if let Some(first) = sources.insert(key, &object.source) {
            faults.push(RenderError::Duplicate {
                object: object.title(),
                first: first.clone(),
                second: object.source.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(texts: &[(&str, &str)]) -> String {
        let mut faults = Faults::default();
        let read = |(source, text): &(&str, &str)| read(text, source, false, source, &mut faults);
        let objects: Vec<_> = texts.iter().flat_map(read).collect();
        refuse_duplicates(objects.iter(), &mut faults);
        faults.or(()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_an_object_is_refused_with_its_place() {
        let text = "- a\n---\nkind: Pod\n---\n{apiVersion: v1, kind: Pod, metadata: {name: 5}}\n---\n{apiVersion: v1, kind: Pod, metadata: {}}";
        assert_eq!(
            faults(&[("10-x/y.yaml", text)]),
            "`10-x/y.yaml`: document 1 is not a Kubernetes object: expected fields, found `[\"a\"]`\n\
             `10-x/y.yaml`: document 2 is not a Kubernetes object: expected a text in `/apiVersion`, found nothing\n\
             `10-x/y.yaml`: document 3 is not a Kubernetes object: expected a text in `/metadata/name`, found `5`\n\
             `10-x/y.yaml`: document 4 is not a Kubernetes object: expected a text in `/metadata/name`, found nothing"
        );
    }

    #[test]
    fn the_same_object_twice_is_refused_naming_both_sources() {
        let object = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: s}}";
        let older = "{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: x, namespace: s}}";
        assert_eq!(
            faults(&[("10-x/y.yaml", object), ("20-z/w.yaml", older)]),
            "Deployment `s/x` is created twice: by `10-x/y.yaml` and by `20-z/w.yaml`"
        );
    }

    #[test]
    fn the_items_of_a_list_are_objects() {
        let text = "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: x}}]}";
        let objects = read(text, "f", false, "10-x/y.yaml", &mut Faults::default());
        assert_eq!(objects.iter().map(Object::title).collect::<Vec<_>>(), ["Pod `x`"]);
    }

    #[test]
    fn bad_yaml_is_refused_with_line_and_column() {
        insta::assert_snapshot!(faults(&[("10-x/y.yaml", "a: 1\nb: [\n")]));
    }
}
