//! Everything in a cluster that can be listed, and what became of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::Ran;

/// What the cluster makes by itself: events report and expire, running components renew leases every few seconds,
/// component statuses are computed on request.
const PASSING: &[&str] =
    &["events", "events.events.k8s.io", "leases.coordination.k8s.io", "componentstatuses"];

/// The objects of a cluster at one moment, by kind, namespace and name.
pub struct Objects(BTreeMap<String, Value>);

impl Objects {
    /// Lists all kinds that are served, except for what is passing.
    pub fn of(kubectl: impl Fn(&[&str]) -> Ran) -> Self {
        let items = listed(kubectl);
        Self(items.into_iter().map(|item| (place(&item), item)).collect())
    }

    /// Returns what differs between two moments, one line an object: whether it appeared, went, or has other content.
    ///
    /// Statuses are passed over, and with them a new `resourceVersion`: kubelets, controllers and Gatekeeper's audit
    /// write there what they measure, at their own times. Who wrote anything else shows in the content itself, or in
    /// `managedFields`.
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let gone = self.0.keys().filter(|place| !later.0.contains_key(*place));
        let mut changes: Vec<_> = gone.map(|place| format!("gone: {place}")).collect();
        for (place, object) in &later.0 {
            match self.0.get(place) {
                None => changes.push(format!("new: {place}")),
                Some(earlier) if content(earlier) == content(object) => {}
                Some(earlier) => changes.push(format!("changed: {place}: {earlier} -> {object}")),
            }
        }
        changes
    }

    /// Returns the objects that were written to in between.
    pub fn written(&self, later: &Self) -> Vec<String> {
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        let same = |(place, object): &(&String, &Value)| {
            self.0.get(*place).is_some_and(|earlier| version(earlier) == version(object))
        };
        later.0.iter().filter(|entry| !same(entry)).map(|(place, _)| place.clone()).collect()
    }
}

/// Lists all kinds that are served, except for what is passing.
pub fn listed(kubectl: impl Fn(&[&str]) -> Ran) -> Vec<Value> {
    let kinds = kubectl(&["api-resources", "--verbs=list", "--output=name"]).ok();
    let kinds: Vec<_> = kinds.lines().filter(|kind| !PASSING.contains(kind)).collect();
    let get = ["get", "--all-namespaces", "--show-managed-fields", "--output=json", &kinds.join(",")];
    let mut listed: Value = serde_json::from_str(&kubectl(&get).ok()).expect("JSON");
    serde_json::from_value(listed["items"].take()).expect("a list")
}

/// Returns version, kind, namespace and name.
pub fn place(object: &Value) -> String {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("/apiVersion"), text("/kind"));
    match (text("/metadata/namespace"), text("/metadata/name")) {
        ("", name) => format!("{version} {kind} {name}"),
        (namespace, name) => format!("{version} {kind} {namespace}/{name}"),
    }
}

/// Returns an object without its status, and without what a write to the status leaves elsewhere. The rules of an aggregated role are
/// put together by a controller from those of others, a moment after these change: they are like a status.
pub fn content(object: &Value) -> Value {
    let mut object = object.clone();
    object["status"] = Value::Null;
    object["metadata"]["resourceVersion"] = Value::Null;
    if object["aggregationRule"].is_object() {
        object["rules"] = Value::Null;
    }
    if let Some(managers) = object["metadata"]["managedFields"].as_array_mut() {
        managers.retain(|manager| {
            manager["subresource"] != "status" && manager["manager"] != "clusterrole-aggregation-controller"
        });
    }
    object
}
