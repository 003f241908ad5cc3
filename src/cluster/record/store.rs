//! Reads and writes the inventory: one ConfigMap, which is also the parent of our ApplySet.

use serde_json::{Value, json};

use super::applyset;
use super::inventory::{INVENTORY_NAME, INVENTORY_NAMESPACE, Inventory, Revision, Stamp, inventory_id};
use crate::cluster::api::client::Api;
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::json::text;
use crate::cluster::objects::labels::{FIELD_MANAGER, MANAGED_BY};

const FORMAT: &str = "1";
/// In bytes. Below the 1 MiB that the API server accepts, with room for the rest of the object.
const LARGEST: usize = 1_000_000;

impl Cluster {
    /// Returns the inventory: the objects that are installed, as the cluster has them recorded.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or the inventory cannot be read.
    pub async fn inventory(&self) -> Result<Option<Inventory>, ClusterError> {
        load(&self.api).await
    }
}

/// Reads the inventory; `None` if nothing is installed.
pub(in crate::cluster) async fn load(api: &Api) -> Result<Option<Inventory>, ClusterError> {
    match api.get(&inventory_id().path()).await? {
        None => Ok(None),
        Some(map) => parse(&map).map(Some),
    }
}

/// Writes the inventory.
pub(in crate::cluster) async fn save(api: &Api, inventory: &Inventory) -> Result<(), ClusterError> {
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
    map["metadata"]["labels"] = json!({ MANAGED_BY: FIELD_MANAGER });
    applyset::mark(&mut map, inventory);
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
    use crate::cluster::objects::id::ObjectId;
    use crate::cluster::record::inventory::{Entry, InventoryLayer, RecordedRevision};

    fn inventory(objects: usize) -> Inventory {
        let entry = |number| Entry {
            id: ObjectId::namespace(&format!("namespace-{number}")),
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
