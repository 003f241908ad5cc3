//! What is changed in upstream's objects: by selector, each change with its reason.
//!
//! A patch that finds no object, or no place in one, is an error: upstream's file changed, and the reason may be gone.

use serde::Deserialize;
use serde_json::Value;

use super::object::Object;
use super::pointer::Pointer;
use crate::render::error::{Faults, RenderError};

/// One change, for every object that the target selects.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct Patch {
    target: Target,
    /// Why upstream's file has to be changed.
    reason: String,
    set: Option<Change>,
    append: Option<Change>,
    /// An item that a list must have: upstream's other versions have it already.
    include: Option<Change>,
    /// An item that a list must not have, whether upstream's version has it or not.
    exclude: Option<Change>,
    remove: Option<Pointer>,
}

/// Selects objects: each field that is given must be equal.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct Target {
    kind: String,
    name: Option<String>,
    namespace: Option<String>,
}

/// A place and what is put there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    path: Pointer,
    value: Value,
}

impl Patch {
    /// Changes the objects of the upstream file `name`; `file` is where the patch stands.
    pub(in crate::render) fn apply(
        &self,
        objects: &mut [Object],
        file: &str,
        name: &str,
        faults: &mut Faults,
    ) {
        let mut fault = |problem: &str| {
            faults.push(RenderError::Patch {
                file: file.to_owned(),
                target: format!("{} in `files/{name}`", self.target.title()),
                why: self.reason.clone(),
                problem: problem.to_owned(),
            });
        };
        if self.reason.trim().is_empty() {
            return fault("gives no reason");
        }
        let mut selected = objects.iter_mut().filter(|object| self.target.selects(object)).peekable();
        if selected.peek().is_none() {
            return fault("finds no object");
        }
        for object in selected {
            match self.change(&mut object.value) {
                Ok(0) => fault(&format!("finds no such place in {}", object.title())),
                Ok(_) => {}
                Err(problem) => return fault(problem),
            }
        }
    }

    /// Returns in how many places the object was changed.
    fn change(&self, object: &mut Value) -> Result<usize, &'static str> {
        match (&self.set, &self.append, &self.include, &self.exclude, &self.remove) {
            (Some(set), None, None, None, None) => Ok(set.set(object)),
            (None, Some(append), None, None, None) => {
                Ok(append.of_lists(object, |items, item| items.push(item)))
            }
            (None, None, Some(include), None, None) => Ok(include.of_lists(object, |items, item| {
                if !items.contains(&item) {
                    items.push(item);
                }
            })),
            (None, None, None, Some(exclude), None) => {
                Ok(exclude.of_lists(object, |items, item| items.retain(|other| *other != item)))
            }
            (None, None, None, None, Some(path)) => Ok(remove(path, object)),
            _ => Err("must say exactly one of `set`, `append`, `include`, `exclude` and `remove`"),
        }
    }
}

impl Target {
    /// Tells whether an object is meant.
    pub(in crate::render) fn selects(&self, object: &Object) -> bool {
        let fits = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|text| text == found);
        self.kind == object.kind()
            && fits(&self.name, object.name())
            && fits(&self.namespace, object.namespace())
    }

    /// Returns what a person calls it: kind, namespace and name.
    pub(in crate::render) fn title(&self) -> String {
        let namespace = self.namespace.iter().map(|namespace| format!("{namespace}/")).collect::<String>();
        format!("{} `{namespace}{}`", self.kind, self.name.as_deref().unwrap_or("*"))
    }
}

impl Change {
    /// Sets every place; the last field may be new, what is above it must be there.
    fn set(&self, object: &mut Value) -> usize {
        let Some((parents, key)) = self.path.split_key() else {
            return self.path.visit(object, &mut |_, place| *place = self.value.clone());
        };
        let mut count = 0;
        parents.visit(object, &mut |_, parent| {
            let place = match parent {
                Value::Object(fields) => Some(fields.entry(key).or_insert(Value::Null)),
                Value::Array(items) => key.parse().ok().and_then(|index: usize| items.get_mut(index)),
                _ => None,
            };
            if let Some(place) = place {
                *place = self.value.clone();
                count += 1;
            }
        });
        count
    }

    /// Changes every list that the path means; returns how many there are.
    fn of_lists(&self, object: &mut Value, change: fn(&mut Vec<Value>, Value)) -> usize {
        let mut count = 0;
        self.path.visit(object, &mut |_, place| {
            if let Value::Array(items) = place {
                change(items, self.value.clone());
                count += 1;
            }
        });
        count
    }
}

/// Takes a field away wherever it is.
fn remove(path: &Pointer, object: &mut Value) -> usize {
    let Some((parents, key)) = path.split_key() else { return 0 };
    let mut count = 0;
    parents.visit(object, &mut |_, parent| {
        if let Value::Object(fields) = parent {
            count += usize::from(fields.shift_remove(key).is_some());
        }
    });
    count
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::yaml::parse;

    fn patched(patch: &str) -> Result<Value, String> {
        let value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "n", "namespace": "s"},
            "spec": {"containers": [{"name": "a", "args": ["x"]}, {"name": "b"}]}});
        let mut objects = [Object::new(value, "10-x/up.yaml").unwrap()];
        let mut faults = Faults::default();
        let patch: Patch = parse(patch).unwrap();
        patch.apply(&mut objects, "layers/10-x/layer.yaml", "up.yaml", &mut faults);
        let [object] = objects;
        faults.or(object.value["spec"]["containers"].clone()).map_err(|faults| faults.to_string())
    }

    #[test]
    fn places_are_set_appended_to_and_removed() {
        let with = |change: &str| patched(&format!("{{target: {{kind: Pod}}, reason: r, {change}}}"));
        for (change, expected) in [
            (
                "set: {path: /spec/containers/*/tty, value: true}",
                json!([{"name": "a", "args": ["x"], "tty": true}, {"name": "b", "tty": true}]),
            ),
            (
                "set: {path: /spec/containers/name=b, value: {name: c}}",
                json!([{"name": "a", "args": ["x"]}, {"name": "c"}]),
            ),
            (
                "append: {path: /spec/containers/name=a/args, value: 'y'}",
                json!([{"name": "a", "args": ["x", "y"]}, {"name": "b"}]),
            ),
            (
                "include: {path: /spec/containers/name=a/args, value: 'x'}",
                json!([{"name": "a", "args": ["x"]}, {"name": "b"}]),
            ),
            (
                "include: {path: /spec/containers/name=a/args, value: 'y'}",
                json!([{"name": "a", "args": ["x", "y"]}, {"name": "b"}]),
            ),
            (
                "exclude: {path: /spec/containers/name=a/args, value: 'x'}",
                json!([{"name": "a", "args": []}, {"name": "b"}]),
            ),
            (
                "exclude: {path: /spec/containers/name=a/args, value: 'y'}",
                json!([{"name": "a", "args": ["x"]}, {"name": "b"}]),
            ),
            ("remove: /spec/containers/*/args", json!([{"name": "a"}, {"name": "b"}])),
        ] {
            assert_eq!(with(change), Ok(expected), "{change}");
        }
    }

    #[test]
    fn a_patch_that_changes_nothing_is_refused() {
        let fault = |patch: &str| patched(patch).unwrap_err();
        let start = "`layers/10-x/layer.yaml`: patch for";
        assert_eq!(
            fault("{target: {kind: Pod, name: m}, reason: r, remove: /a}"),
            format!("{start} Pod `m` in `files/up.yaml` (\"r\") finds no object")
        );
        assert_eq!(
            fault(
                "{target: {kind: Pod, namespace: s}, reason: r, set: {path: /spec/volumes/*/name, value: 1}}"
            ),
            format!("{start} Pod `s/*` in `files/up.yaml` (\"r\") finds no such place in Pod `s/n`")
        );
        assert_eq!(
            fault("{target: {kind: Pod}, reason: ' ', remove: /a}"),
            format!("{start} Pod `*` in `files/up.yaml` (\" \") gives no reason")
        );
        assert_eq!(
            fault("{target: {kind: Pod}, reason: r, remove: /a, append: {path: /a, value: 1}}"),
            format!(
                "{start} Pod `*` in `files/up.yaml` (\"r\") must say exactly one of `set`, `append`, `include`, `exclude` and `remove`"
            )
        );
    }
}
