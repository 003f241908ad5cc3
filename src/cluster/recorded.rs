//! The rendered set as it was applied, kept in the cluster: what a rollback goes back to, and what drift is measured by.
//!
//! It lies in a Secret, since rendered objects can be Secrets: as JSON, compressed with zstd, under a name that is taken
//! from the content. What is read is bounded, and refused unless it is the content that its name stands for.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::api::{Api, FIELD_MANAGER};
use super::apply::MANAGED_BY;
use super::error::ClusterError;
use super::inventory::{Entry, INVENTORY_NAMESPACE, InventoryLayer};
use super::object::{ObjectId, text};
use crate::digest::Digest;
use crate::rendered::ObjectSet;

const PREFIX: &str = "bundle-set-";
const DIGITS: usize = 12;
const TYPE: &str = "bundle/rendered-set.v1";
const KEY: &str = "set.json.zst";
const LEVEL: i32 = 19;
/// Below the 1 MiB of data that the API server takes in a Secret.
// See: `MaxSecretSize` in k8s.io/api/core/v1
const LARGEST: usize = 1_000_000;
/// In seconds.
const LONGEST_REMOVAL: u64 = 60;
const LARGEST_JSON: u64 = 32 << 20;
/// The window that decompressing may need, as a power of two: no more than the whole text.
const WINDOW: u32 = 25;

/// A set in the form in which it is kept.
#[derive(Debug)]
pub(super) struct PackedSet {
    /// The name of its Secret.
    pub(super) name: String,
    json: Vec<u8>,
}

/// The Secret of a set.
pub(super) struct SetSecret {
    id: ObjectId,
    bytes: Vec<u8>,
}

impl PackedSet {
    /// Packs a set; the same set has the same name.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub(super) fn of(set: &ObjectSet) -> Result<Self, ClusterError> {
        let json = serde_json::to_vec(set).map_err(|error| unreadable("bundle-set", error.to_string()))?;
        Ok(Self { name: name_of(&json), json })
    }

    /// Compresses it.
    ///
    /// # Errors
    ///
    /// When it does not fit into a Secret.
    pub(super) fn secret(&self) -> Result<SetSecret, ClusterError> {
        let bytes = zstd::bulk::compress(&self.json, LEVEL)
            .map_err(|error| unreadable(&self.name, error.to_string()))?;
        if bytes.len() > LARGEST || self.json.len() as u64 > LARGEST_JSON {
            return Err(ClusterError::SetTooLarge { bytes: bytes.len(), limit: LARGEST });
        }
        Ok(SetSecret { id: secret_id(&self.name), bytes })
    }
}

impl SetSecret {
    /// Writes it into the cluster.
    pub(super) async fn save(&self, api: &Api) -> Result<(), ClusterError> {
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
/// When it is not there, too large, or not the content that its name stands for.
pub(super) async fn load(api: &Api, name: &str) -> Result<ObjectSet, ClusterError> {
    let known = name.strip_prefix(PREFIX).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    let secret = if known { api.get(&secret_id(name).path()).await? } else { None };
    let secret = secret.ok_or_else(|| unreadable(name, "it is not there".into()))?;
    unpack(name, text(&secret, &format!("/data/{KEY}"))).map_err(|problem| unreadable(name, problem))
}

fn unpack(name: &str, data: &str) -> Result<ObjectSet, String> {
    if data.len() > LARGEST.div_ceil(3) * 4 {
        return Err(format!("its {} bytes are more than any set has", data.len()));
    }
    let bytes = STANDARD.decode(data).map_err(|error| error.to_string())?;
    let json = decompress(&bytes).map_err(|error| error.to_string())?;
    if json.len() as u64 > LARGEST_JSON {
        return Err(format!("it has more than the {LARGEST_JSON} bytes that a set may have"));
    }
    if name_of(&json) != name {
        return Err(format!("its content is that of `{}`", name_of(&json)));
    }
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

fn decompress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut json = Vec::new();
    let mut decoder = zstd::Decoder::new(bytes)?;
    decoder.window_log_max(WINDOW)?;
    decoder.take(LARGEST_JSON + 1).read_to_end(&mut json)?;
    Ok(json)
}

/// Tells whether a set is kept.
pub(super) async fn is_kept(api: &Api, name: &str) -> Result<bool, ClusterError> {
    Ok(api.get(&secret_id(name).path()).await?.is_some())
}

/// Returns the Secrets of all sets, except for those that are named, as objects that this tool made.
pub(super) async fn others(api: &Api, named: &[&str]) -> Result<Vec<Entry>, ClusterError> {
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

/// Returns Secrets as a layer that can be taken away.
pub(super) fn layer(objects: Vec<Entry>) -> InventoryLayer {
    InventoryLayer { name: "recorded sets".into(), timeout: LONGEST_REMOVAL, objects, generates: Vec::new() }
}

/// Returns the name that a content has.
fn name_of(json: &[u8]) -> String {
    let mut hex = Digest::of(json).hex();
    hex.truncate(DIGITS);
    format!("{PREFIX}{hex}")
}

fn secret_id(name: &str) -> ObjectId {
    ObjectId {
        api_version: "v1".into(),
        kind: "Secret".into(),
        resource: "secrets".into(),
        namespace: Some(INVENTORY_NAMESPACE.into()),
        name: name.into(),
    }
}

fn unreadable(name: &str, problem: String) -> ClusterError {
    ClusterError::Recorded { place: format!("secret -n {INVENTORY_NAMESPACE} {name}"), problem }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rendered::{Condition, Database, Expectation, Probe, RenderedLayer, RenderedObject};
    use crate::spec::Platform;

    fn set(text: String) -> ObjectSet {
        let value =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": text}});
        let probe = |name: &str, expect| Probe { name: name.into(), object: value.clone(), expect };
        let words = || vec!["who".to_owned(), "why".to_owned()];
        let layer = RenderedLayer {
            name: "10-x".into(),
            objects: vec![
                RenderedObject { source: "10-x/a.yaml".into(), value: value.clone(), optional: true },
                RenderedObject { source: "10-x/b.yaml".into(), value: value.clone(), optional: false },
            ],
            wait_for: vec![Condition::CrdsEstablished, Condition::RolloutsComplete],
            timeout: Duration::from_millis(1_500),
            live: vec![],
            generates: vec![],
            probes: vec![
                probe("refused", Expectation::Refused { words: words() }),
                probe("warned", Expectation::Warned { words: words() }),
                probe("admitted", Expectation::Admitted),
            ],
        };
        ObjectSet {
            layers: vec![layer],
            platform: Platform::Talos,
            databases: vec![Database { reference: "db:2".into(), created: "2026-11-01T00:00:00Z".into() }],
        }
    }

    fn bytes(packed: &PackedSet) -> Vec<u8> {
        packed.secret().expect("it fits").bytes
    }

    /// Returns a text that does not compress.
    fn noise(bytes: usize) -> String {
        let block = |number: usize| Digest::of(&number.to_le_bytes()).hex();
        (0..bytes.div_ceil(64)).map(block).collect()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let set = set("b".into());
        let packed = PackedSet::of(&set).expect("JSON");
        let unpacked = unpack(&packed.name, &STANDARD.encode(bytes(&packed))).expect("it is readable");
        assert_eq!(unpacked, set);
        assert_eq!(PackedSet::of(&set).expect("JSON").name, packed.name);
    }

    #[test]
    fn a_set_that_does_not_fit_is_refused() {
        let packed = PackedSet::of(&set(noise(2_200_000))).expect("JSON");
        let error = packed.secret().err().expect("too large").to_string();
        assert!(error.starts_with("the rendered set takes 1"), "{error}");
        assert!(error.ends_with(" bytes, more than the 1000000 that fit into a Secret"), "{error}");
    }

    #[test]
    fn a_set_that_is_not_the_one_that_was_recorded_is_refused() {
        let packed = PackedSet::of(&set("b".into())).expect("JSON");
        let other = PackedSet::of(&set("c".into())).expect("JSON");
        let zeros = zstd::bulk::compress(&vec![0; 33 << 20], 1).expect("compressible");
        for (bytes, problem) in [
            (bytes(&other), format!("its content is that of `{}`", other.name)),
            (zeros, "it has more than the 33554432 bytes that a set may have".into()),
            (vec![0; 1_100_000], "its 1466668 bytes are more than any set has".into()),
        ] {
            assert_eq!(unpack(&packed.name, &STANDARD.encode(bytes)), Err(problem));
        }
        assert!(unpack(&packed.name, "not base64").is_err());
        assert!(unpack(&packed.name, "AAAA").is_err());
    }
}
