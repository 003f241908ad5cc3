//! JSON pointers that can mean many places: `*` is every element, `name=manager` the elements of that name.
//!
//! `/spec/template/spec/containers/*/image`, `/metadata/labels/app.kubernetes.io~1name`.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

/// A JSON pointer with wildcards.
// See: RFC 6901 for `~0` and `~1`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::render) struct Pointer(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Every,
    Named(String),
    Key(String),
}

impl FromStr for Pointer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix('/') {
            Some(rest) if !rest.is_empty() => Ok(Self::of(text)),
            _ => Err(format!("`{text}` is not a path: expected `/`, then a field")),
        }
    }
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Every => f.write_str("/*"),
            Segment::Named(name) => write!(f, "/name={name}"),
            Segment::Key(key) => write!(f, "/{}", escaped(key)),
        })
    }
}

/// Writes a key the way a pointer has it.
pub(in crate::render) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl Segment {
    fn new(text: &str) -> Self {
        match text.strip_prefix("name=") {
            _ if text == "*" => Self::Every,
            Some(name) => Self::Named(name.to_owned()),
            None => Self::Key(text.replace("~1", "/").replace("~0", "~")),
        }
    }
}

impl Pointer {
    /// Takes a path that is known to start with a slash.
    pub(in crate::render) fn of(path: &str) -> Self {
        Self(path.split('/').skip(1).map(Segment::new).collect())
    }

    /// Calls the function with every place that is there, and its exact pointer. Returns how many there were.
    pub(in crate::render) fn visit(
        &self,
        value: &mut Value,
        visit: &mut dyn FnMut(&str, &mut Value),
    ) -> usize {
        walk(value, &self.0, "", visit)
    }

    /// Splits off the last segment, when that is a key: the parents, and the key in them.
    pub(in crate::render) fn split_key(&self) -> Option<(Self, &str)> {
        match self.0.split_last()? {
            (Segment::Key(key), parents) => Some((Self(parents.to_vec()), key)),
            _ => None,
        }
    }
}

fn walk(value: &mut Value, path: &[Segment], at: &str, visit: &mut dyn FnMut(&str, &mut Value)) -> usize {
    let Some((segment, rest)) = path.split_first() else {
        visit(at, value);
        return 1;
    };
    let mut count = 0;
    for (key, child) in children(value, segment) {
        count += walk(child, rest, &format!("{at}/{key}"), visit);
    }
    count
}

fn children<'a>(value: &'a mut Value, segment: &Segment) -> Vec<(String, &'a mut Value)> {
    let named = |child: &Value, name: &str| child.get("name").and_then(Value::as_str) == Some(name);
    match value {
        Value::Object(fields) => {
            let wanted = |key: &str| match segment {
                Segment::Every => true,
                Segment::Key(name) => name == key,
                Segment::Named(_) => false,
            };
            fields
                .iter_mut()
                .filter(|(key, _)| wanted(key))
                .map(|(key, child)| (escaped(key), child))
                .collect()
        }
        Value::Array(items) => {
            let wanted = |index: usize, child: &Value| match segment {
                Segment::Every => true,
                Segment::Key(key) => key.parse() == Ok(index),
                Segment::Named(name) => named(child, name),
            };
            let numbered = items.iter_mut().enumerate();
            numbered
                .filter(|(index, child)| wanted(*index, child))
                .map(|(index, child)| (index.to_string(), child))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(pointer: &str) -> Vec<String> {
        let mut value = json!({"a": [{"name": "x", "b": 1}, {"name": "y", "b": 2}], "k/e~y": {"c": null}});
        let mut places = Vec::new();
        let count =
            pointer.parse::<Pointer>().unwrap().visit(&mut value, &mut |at, _| places.push(at.into()));
        assert_eq!(count, places.len());
        places
    }

    #[test]
    fn a_pointer_finds_every_place_that_it_means() {
        for (pointer, found) in [
            ("/a/*/b", &["/a/0/b", "/a/1/b"][..]),
            ("/a/name=y/b", &["/a/1/b"]),
            ("/a/0/b", &["/a/0/b"]),
            ("/k~1e~0y/c", &["/k~1e~0y/c"]),
            ("/*/c", &["/k~1e~0y/c"]),
            ("/a/7", &[]),
            ("/a/0/b/c", &[]),
        ] {
            assert_eq!(places(pointer), found, "{pointer}");
        }
    }

    #[test]
    fn what_does_not_start_with_a_slash_is_no_pointer() {
        for text in ["", "/", "spec"] {
            let error = format!("`{text}` is not a path: expected `/`, then a field");
            assert_eq!(text.parse::<Pointer>(), Err(error));
        }
    }
}
