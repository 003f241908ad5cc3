//! What a cluster came to, whichever way it went: everything but what is another each time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::objects::{content, listed, place};
use crate::support::Ran;

/// What is made of other objects, under names that are others each time.
const DERIVED: [&str; 6] =
    ["Pod", "ReplicaSet", "ControllerRevision", "Endpoints", "EndpointSlice", "IPAddress"];

/// The objects of a cluster, by kind, namespace and name. Two are the same if the same was made of them.
#[derive(PartialEq, Eq)]
pub struct State(BTreeMap<String, String>);

impl State {
    /// Looks at a cluster.
    pub fn of(kubectl: impl Fn(&[&str]) -> Ran) -> Self {
        let items = listed(kubectl);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let uids: Vec<_> = items.iter().map(|item| (text(&item["metadata"]["uid"]), place(item))).collect();
        let kept = items.iter().filter(|item| !DERIVED.contains(&item["kind"].as_str().unwrap_or_default()));
        Self(kept.map(|item| (place(item), comparable(item, &uids))).collect())
    }

    /// Says what is another there, one line an object.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let gone = self.0.keys().filter(|place| !other.0.contains_key(*place));
        let mut differences: Vec<_> = gone.map(|place| format!("not there: {place}")).collect();
        for (place, object) in &other.0 {
            match self.0.get(place) {
                None => differences.push(format!("too much: {place}")),
                Some(expected) if expected == object => {}
                Some(expected) => {
                    differences.push(format!("{place}:\n  expected {expected}\n  found    {object}"))
                }
            }
        }
        differences
    }
}

/// Returns the text of an object without what differs between runs, such as its generation; uids are replaced by names.
fn comparable(object: &Value, uids: &[(String, String)]) -> String {
    let mut object = content(object);
    for field in ["uid", "creationTimestamp", "generation"] {
        object["metadata"][field] = Value::Null;
    }
    for field in ["clusterIP", "clusterIPs"] {
        if object["spec"][field].is_string() || object["spec"][field].is_array() {
            object["spec"][field] = Value::Null;
        }
    }
    if let Some(rollouts) = object.pointer_mut("/metadata/annotations/deployment.kubernetes.io~1revision") {
        *rollouts = Value::Null;
    }
    // When a revision was installed, which it says itself.
    if object["data"]["at"].is_string() {
        object["data"]["at"] = Value::Null;
    }
    for manager in object["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
        manager["time"] = Value::Null;
    }
    let text = object.to_string();
    if !text.contains("uid") {
        return text;
    }
    uids.iter().fold(text, |text, (uid, place)| text.replace(uid, place))
}
