//! The rendered set as it was applied, recorded in the cluster: rollbacks install it again, and drift is measured against it.
//!
//! It is in a Secret, since rendered objects can be Secrets: as JSON, compressed with zstd, under a name that is derived
//! from the content. Reading is bounded, and a content that does not match its name is refused.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::inventory::INVENTORY_NAMESPACE;
use crate::cluster::api::error::ClusterError;
use crate::digest::Digest;
use crate::rendered::ObjectSet;

pub(super) const PREFIX: &str = "bundle-set-";
const DIGITS: usize = 12;
pub(super) const TYPE: &str = "bundle/rendered-set.v1";
pub(super) const KEY: &str = "set.json.zst";
const LEVEL: i32 = 19;
/// Below the 1 MiB of data that the API server takes in a Secret.
// See: `MaxSecretSize` in k8s.io/api/core/v1
const LARGEST: usize = 1_000_000;
const LARGEST_JSON: u64 = 32 << 20;
/// The window that decompressing may need, as a power of two: no more than the whole text.
const WINDOW: u32 = 25;

/// A set in its recorded form.
#[derive(Debug)]
pub(in crate::cluster) struct PackedSet {
    /// The name of its Secret.
    pub(in crate::cluster) name: String,
    json: Vec<u8>,
}

impl PackedSet {
    /// Packs a set; the same set has the same name.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub(in crate::cluster) fn of(set: &ObjectSet) -> Result<Self, ClusterError> {
        let json = serde_json::to_vec(set).map_err(|error| unreadable("bundle-set", error.to_string()))?;
        Ok(Self { name: name_of(&json), json })
    }

    /// Compresses it.
    ///
    /// # Errors
    ///
    /// When it does not fit into a Secret.
    pub(super) fn compressed(&self) -> Result<Vec<u8>, ClusterError> {
        let bytes = zstd::bulk::compress(&self.json, LEVEL)
            .map_err(|error| unreadable(&self.name, error.to_string()))?;
        if bytes.len() > LARGEST || self.json.len() as u64 > LARGEST_JSON {
            return Err(ClusterError::SetTooLarge { bytes: bytes.len(), limit: LARGEST });
        }
        Ok(bytes)
    }
}

/// Reads a set from the data of its Secret.
///
/// # Errors
///
/// When it is too large, or does not match its name; as text.
pub(super) fn unpack(name: &str, data: &str) -> Result<ObjectSet, String> {
    if data.len() > LARGEST.div_ceil(3) * 4 {
        return Err(format!("its {} bytes exceed every possible set", data.len()));
    }
    let bytes = STANDARD.decode(data).map_err(|error| error.to_string())?;
    let json = decompress(&bytes).map_err(|error| error.to_string())?;
    if json.len() as u64 > LARGEST_JSON {
        return Err(format!("it exceeds the {LARGEST_JSON} bytes that a set may have"));
    }
    if name_of(&json) != name {
        return Err(format!("its content belongs to `{}`", name_of(&json)));
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

/// Returns the name of a content.
fn name_of(json: &[u8]) -> String {
    let mut hex = Digest::of(json).hex();
    hex.truncate(DIGITS);
    format!("{PREFIX}{hex}")
}

pub(super) fn unreadable(name: &str, problem: String) -> ClusterError {
    ClusterError::Recorded { place: format!("secret -n {INVENTORY_NAMESPACE} {name}"), problem }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

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
        packed.compressed().expect("it fits")
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
        let error = packed.compressed().expect_err("too large").to_string();
        assert!(error.starts_with("the rendered set takes 1"), "{error}");
        assert!(error.ends_with(" bytes, more than the 1000000 that fit into a Secret"), "{error}");
    }

    #[test]
    fn a_set_that_is_not_the_one_that_was_recorded_is_refused() {
        let packed = PackedSet::of(&set("b".into())).expect("JSON");
        let other = PackedSet::of(&set("c".into())).expect("JSON");
        let zeros = zstd::bulk::compress(&vec![0; 33 << 20], 1).expect("compressible");
        for (bytes, problem) in [
            (bytes(&other), format!("its content belongs to `{}`", other.name)),
            (zeros, "it exceeds the 33554432 bytes that a set may have".into()),
            (vec![0; 1_100_000], "its 1466668 bytes exceed every possible set".into()),
        ] {
            assert_eq!(unpack(&packed.name, &STANDARD.encode(bytes)), Err(problem));
        }
        assert!(unpack(&packed.name, "not base64").is_err());
        assert!(unpack(&packed.name, "AAAA").is_err());
    }
}
