//! Keeps rendered sets in the cluster, each in a Secret of the inventory's namespace.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::inventory::{Entry, INVENTORY_NAMESPACE, InventoryLayer};
use super::rendered_set::{KEY, PREFIX, PackedSet, TYPE, unpack, unreadable};
use super::store;
use crate::cluster::api::client::Api;
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::text;
use crate::cluster::objects::labels::{FIELD_MANAGER, MANAGED_BY};
use crate::rendered::ObjectSet;

/// In seconds.
const LONGEST_REMOVAL: u64 = 60;

impl Cluster {
    /// Returns the set of the installed revision, as it was applied; `None` if nothing is installed, or if an older version
    /// of this tool installed it.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or the record cannot be read.
    pub async fn recorded(&self) -> Result<Option<ObjectSet>, ClusterError> {
        match store::load(&self.api).await?.and_then(|inventory| inventory.set) {
            Some(set) => load(&self.api, &set).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The Secret of a set.
pub(in crate::cluster) struct SetSecret {
    id: ObjectId,
    bytes: Vec<u8>,
}

impl SetSecret {
    /// Compresses a set.
    ///
    /// # Errors
    ///
    /// When it does not fit into a Secret.
    pub(in crate::cluster) fn of(set: &PackedSet) -> Result<Self, ClusterError> {
        Ok(Self { id: secret_id(&set.name), bytes: set.compressed()? })
    }

    /// Writes it into the cluster.
    pub(in crate::cluster) async fn save(&self, api: &Api) -> Result<(), ClusterError> {
        let mut secret = self.id.bare();
        secret["metadata"]["labels"] = json!({ MANAGED_BY: FIELD_MANAGER });
        secret["type"] = Value::from(TYPE);
        secret["data"] = json!({ KEY: STANDARD.encode(&self.bytes) });
        let answer = api.apply(&self.id, &secret, true).await?;
        if answer.is_success() {
            return Ok(());
        }
        let (object, file) = (Box::new(self.id.clone()), "recorded set".into());
        Err(ClusterError::Refused { object, file, status: answer.status, message: answer.message() })
    }
}

/// Reads a recorded set.
///
/// # Errors
///
/// When it is missing, too large, or does not match its name.
pub(in crate::cluster) async fn load(api: &Api, name: &str) -> Result<ObjectSet, ClusterError> {
    let known = name.strip_prefix(PREFIX).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    let secret = if known { api.get(&secret_id(name).path()).await? } else { None };
    let secret = secret.ok_or_else(|| unreadable(name, "it is missing".into()))?;
    unpack(name, text(&secret, &format!("/data/{KEY}"))).map_err(|problem| unreadable(name, problem))
}

/// Tells whether a set is recorded.
pub(in crate::cluster) async fn is_kept(api: &Api, name: &str) -> Result<bool, ClusterError> {
    Ok(api.get(&secret_id(name).path()).await?.is_some())
}

/// Returns the Secrets of all sets, except the named ones, as objects that this tool created.
pub(in crate::cluster) async fn others(api: &Api, named: &[&str]) -> Result<Vec<Entry>, ClusterError> {
    let mut names = Vec::new();
    api.find(&secret_id("").collection_path(), |secret| {
        let name = text(secret, "/metadata/name");
        if name.starts_with(PREFIX) && !named.contains(&name) {
            names.push(name.to_owned());
        }
        None::<()>
    })
    .await?;
    let entry = |name: String| Entry { id: secret_id(&name), uid: None, created: true, applied: None };
    Ok(names.into_iter().map(entry).collect())
}

/// Returns Secrets as a layer that can be removed.
pub(in crate::cluster) fn layer(objects: Vec<Entry>) -> InventoryLayer {
    InventoryLayer { name: "recorded sets".into(), timeout: LONGEST_REMOVAL, objects, generates: Vec::new() }
}

fn secret_id(name: &str) -> ObjectId {
    ObjectId::namespaced("v1", "Secret", "secrets", INVENTORY_NAMESPACE, name)
}
