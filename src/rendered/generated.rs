//! What the programs of a layer make by themselves once they run: it goes when the layer goes.

use serde::{Deserialize, Serialize};

/// Objects that were not applied: a layer's programs create them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Generated {
    /// Their kinds, each as `group/Kind`; `Secret` for one of the core group.
    pub kinds: Vec<String>,
    /// The namespace that they are in; without one, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Their names, a trailing `*` for any rest; without any, every object of these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

impl Generated {
    /// Tells whether an object is one of these. `namespace` is empty for what belongs to the whole cluster.
    #[must_use]
    pub fn covers(&self, group: &str, kind: &str, namespace: &str, name: &str) -> bool {
        self.has_kind(group, kind)
            && self.namespace.as_ref().is_none_or(|wanted| wanted == namespace)
            && (self.names.is_empty() || self.names.iter().any(|wanted| fits(wanted, name)))
    }

    fn has_kind(&self, group: &str, kind: &str) -> bool {
        self.kinds.iter().any(|wanted| wanted.rsplit_once('/').unwrap_or(("", wanted)) == (group, kind))
    }
}

fn fits(wanted: &str, name: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == name, |start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_namespaces_and_names_all_have_to_fit() {
        let generated = |namespace: Option<&str>, names: &[&str]| Generated {
            kinds: vec!["example.com/Report".into(), "Secret".into()],
            namespace: namespace.map(str::to_owned),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        for (one, object, covered) in [
            (generated(None, &[]), ("example.com", "Report", "a", "x"), true),
            (generated(None, &[]), ("", "Secret", "", "x"), true),
            (generated(None, &[]), ("", "Report", "a", "x"), false),
            (generated(Some("a"), &[]), ("", "Secret", "b", "x"), false),
            (generated(Some("a"), &["x"]), ("", "Secret", "a", "x"), true),
            (generated(Some("a"), &["x"]), ("", "Secret", "a", "y"), false),
            (generated(None, &["scan-*"]), ("", "Secret", "a", "scan-1"), true),
            (generated(None, &["scan-*"]), ("", "Secret", "a", "other-scan-1"), false),
        ] {
            let (group, kind, namespace, name) = object;
            assert_eq!(one.covers(group, kind, namespace, name), covered, "{one:?} {object:?}");
        }
    }
}
