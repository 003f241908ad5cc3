//! The record of what was applied, kept in the cluster itself: a ConfigMap that `uninstall` needs and nothing else.
//!
//! An object is written down before it is applied, so that whatever an interrupted install left can be taken away.
//! `created` is the promise that this tool made the object: only then may it ever be deleted.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::Api;
use super::error::ClusterError;
use super::object::{ObjectId, text};
use super::order::Rank;
use crate::rendered::Generated;

/// The namespace of the inventory.
pub const INVENTORY_NAMESPACE: &str = "bundle-system";
/// The ConfigMap's name.
pub const INVENTORY_NAME: &str = "bundle-revision";

const FORMAT: &str = "1";
/// Below the 1 MiB that the API server takes, with room for the rest of the object.
const LARGEST: usize = 1_000_000;

/// Which bundle it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The bundle's name.
    pub bundle: String,
    /// Its version.
    pub version: String,
    /// The digest of its index.
    pub digest: String,
}

/// When something was done, and by whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The time, in RFC 3339.
    pub at: String,
    /// The name of the user, as the API server knows it.
    pub by: String,
}

/// A revision, and the Secret that holds what was rendered for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRevision {
    /// The revision.
    pub revision: Revision,
    /// The name of the Secret; empty where an older version of this tool installed it, and recorded nothing.
    pub set: String,
}

/// Everything that was applied, or was about to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The bundle that it came from.
    pub revision: Revision,
    /// When it was last changed, and by whom.
    pub changed: Stamp,
    /// The Secret that holds what was rendered; `None` where an older version of this tool installed it.
    pub set: Option<String>,
    /// The revision before it that was complete.
    pub previous: Option<RecordedRevision>,
    /// Whether every layer was applied and became ready.
    pub complete: bool,
    /// Whether the inventory's own namespace was made by this tool.
    pub owns_namespace: bool,
    /// The layers, first applied first.
    pub layers: Vec<InventoryLayer>,
}

/// The objects of one layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryLayer {
    /// The layer's name.
    pub name: String,
    /// How many seconds its waits may take.
    pub timeout: u64,
    /// Its objects.
    pub objects: Vec<Entry>,
    /// What its programs make by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generates: Vec<Generated>,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The object.
    #[serde(flatten)]
    pub id: ObjectId,
    /// Its uid, once it is known to exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Whether this tool made it. Otherwise it was there before, and stays.
    pub created: bool,
    /// The content that was applied last, as a fingerprint; absent while it is being applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<String>,
}

impl Entry {
    /// Returns the rank of its kind.
    #[must_use]
    pub fn rank(&self) -> Rank {
        Rank::of(&self.id.api_version, &self.id.kind)
    }
}

impl Inventory {
    /// Returns the entry of an object.
    #[must_use]
    pub fn entry(&self, id: &ObjectId) -> Option<&Entry> {
        self.entries().find(|entry| entry.id.key() == id.key())
    }

    /// Returns the revision and its set, where both are known.
    #[must_use]
    pub fn recorded(&self) -> Option<RecordedRevision> {
        let set = self.set.clone()?;
        Some(RecordedRevision { revision: self.revision.clone(), set })
    }

    /// Returns the names of the Secrets that are needed.
    pub(super) fn sets(&self) -> Vec<&str> {
        let previous = self.previous.as_ref().map(|previous| previous.set.as_str());
        self.set.as_deref().into_iter().chain(previous).filter(|name| !name.is_empty()).collect()
    }

    /// Returns the entries of all layers.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.layers.iter().flat_map(|layer| &layer.objects)
    }
}

/// Returns the ConfigMap's own name.
pub(super) fn inventory_id() -> ObjectId {
    ObjectId {
        api_version: "v1".into(),
        kind: "ConfigMap".into(),
        resource: "configmaps".into(),
        namespace: Some(INVENTORY_NAMESPACE.into()),
        name: INVENTORY_NAME.into(),
    }
}

/// Returns the name of a namespace.
pub(super) fn namespace_id(name: &str) -> ObjectId {
    ObjectId {
        api_version: "v1".into(),
        kind: "Namespace".into(),
        resource: "namespaces".into(),
        namespace: None,
        name: name.into(),
    }
}

/// Reads the inventory; `None` where nothing is installed.
pub(super) async fn load(api: &Api) -> Result<Option<Inventory>, ClusterError> {
    match api.get(&inventory_id().path()).await? {
        None => Ok(None),
        Some(map) => parse(&map).map(Some),
    }
}

/// Writes the inventory.
pub(super) async fn save(api: &Api, inventory: &Inventory) -> Result<(), ClusterError> {
    let id = inventory_id();
    let answer = api.apply(&id, &config_map(inventory)?, true).await?;
    if answer.is_success() {
        return Ok(());
    }
    let (status, message) = (answer.status, answer.message());
    Err(ClusterError::Refused { object: Box::new(id), file: "inventory".into(), status, message })
}

fn config_map(inventory: &Inventory) -> Result<Value, ClusterError> {
    let layers = serde_json::to_string(&inventory.layers)
        .map_err(|error| unreadable(format!("its layers cannot be written: {error}")))?;
    if layers.len() > LARGEST {
        let (objects, bytes) = (inventory.entries().count(), layers.len());
        return Err(ClusterError::InventoryTooLarge { objects, bytes, limit: LARGEST });
    }
    let mut map = inventory_id().bare();
    map["metadata"]["labels"] = json!({ super::apply::MANAGED_BY: super::api::FIELD_MANAGER });
    super::applyset::mark(&mut map, inventory);
    let previous = inventory.previous.as_ref().map(serde_json::to_string).transpose();
    let previous = previous.map_err(|error| unreadable(error.to_string()))?.unwrap_or_default();
    map["data"] = json!({
        "format": FORMAT,
        "bundle": inventory.revision.bundle,
        "version": inventory.revision.version,
        "digest": inventory.revision.digest,
        "at": inventory.changed.at,
        "by": inventory.changed.by,
        "set": inventory.set.as_deref().unwrap_or_default(),
        "previous": previous,
        "complete": inventory.complete.to_string(),
        "ownsNamespace": inventory.owns_namespace.to_string(),
        "layers": layers,
    });
    Ok(map)
}

fn parse(map: &Value) -> Result<Inventory, ClusterError> {
    let entry = |key: &str| text(map, &format!("/data/{key}")).to_owned();
    let format = entry("format");
    if format != FORMAT {
        return Err(unreadable(format!("its format is `{format}`, this program reads `{FORMAT}`")));
    }
    let json = |error: serde_json::Error| unreadable(error.to_string());
    let optional = |key: &str| Some(entry(key)).filter(|text| !text.is_empty());
    let previous = optional("previous").map(|text| serde_json::from_str(&text)).transpose().map_err(json)?;
    Ok(Inventory {
        revision: Revision { bundle: entry("bundle"), version: entry("version"), digest: entry("digest") },
        changed: Stamp { at: entry("at"), by: entry("by") },
        set: optional("set"),
        previous,
        complete: entry("complete") == "true",
        owns_namespace: entry("ownsNamespace") == "true",
        layers: serde_json::from_str(&entry("layers")).map_err(json)?,
    })
}

fn unreadable(problem: String) -> ClusterError {
    let place = format!("configmap -n {INVENTORY_NAMESPACE} {INVENTORY_NAME}");
    ClusterError::Inventory { place, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(objects: usize) -> Inventory {
        let entry = |number| Entry {
            id: namespace_id(&format!("namespace-{number}")),
            uid: Some("5f4c8d1e-3a5b-4d0e-9a36-0a6a5f1f6b7c".into()),
            created: number % 2 == 0,
            applied: Some("0123456789abcdef0123456789abcdef".into()),
        };
        let layer = InventoryLayer {
            name: "10-x".into(),
            timeout: 60,
            objects: (0..objects).map(entry).collect(),
            generates: vec![],
        };
        let revision = Revision { bundle: "b".into(), version: "1".into(), digest: "sha256:0".into() };
        Inventory {
            previous: Some(RecordedRevision {
                revision: revision.clone(),
                set: "bundle-set-0123456789ab".into(),
            }),
            revision,
            changed: Stamp { at: "2026-11-22T00:00:00Z".into(), by: "admin".into() },
            set: Some("bundle-set-ba9876543210".into()),
            complete: true,
            owns_namespace: true,
            layers: vec![layer],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let inventory = inventory(3);
        let map = config_map(&inventory).expect("it fits");
        assert_eq!(parse(&map).expect("it is readable"), inventory);
    }

    #[test]
    fn three_thousand_objects_fit_and_ten_thousand_are_refused() {
        assert!(config_map(&inventory(3_000)).is_ok());
        let error = config_map(&inventory(10_000)).expect_err("too large").to_string();
        assert!(error.starts_with("the inventory of 10000 objects takes 1"), "{error}");
    }

    #[test]
    fn what_an_earlier_version_wrote_is_read() {
        let mut map = config_map(&inventory(3)).expect("it fits");
        for key in ["at", "by", "set", "previous"] {
            map["data"].as_object_mut().expect("a map").remove(key);
        }
        let read = parse(&map).expect("it is readable");
        assert_eq!((read.recorded(), read.previous.clone(), read.entries().count()), (None, None, 3));
    }

    #[test]
    fn another_format_is_not_guessed_at() {
        let error = parse(&json!({"data": {"format": "2"}})).expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "failed to read the inventory `configmap -n bundle-system bundle-revision`: its format is `2`, this program reads `1`"
        );
    }
}
