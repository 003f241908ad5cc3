//! What a push would send, in numbers, and whether the registry would take it.

use super::item::Item;
use super::plan::Plan;
use crate::registry::error::RegistryError;

/// What a push would send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PushPlan {
    /// Items that are there already.
    pub present: usize,
    /// Items that are not there, or not whole; without those that a registry may refuse.
    pub entries: usize,
    /// Blobs that are missing at the target.
    pub blobs: usize,
    /// Bytes of those blobs.
    pub bytes: u64,
}

impl Plan {
    /// Returns what has to be sent, in numbers.
    #[must_use]
    pub fn summary(&self) -> PushPlan {
        let (blobs, bytes) = (self.uploads().len(), self.upload_bytes());
        PushPlan { present: self.present, entries: self.needed().count(), blobs, bytes }
    }

    /// Shows that the registry takes what has to be sent, without sending any of it. Free space cannot be checked:
    /// the distribution protocol has no such question.
    ///
    /// # Errors
    /// When the registry takes no uploads from this user. Where there is nothing to send it is not asked.
    pub async fn check_writable(&self) -> Result<(), RegistryError> {
        match self.needed().next() {
            Some(item) => self.push.repository(&item.repository).check_writable().await,
            None => Ok(()),
        }
    }

    fn needed(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| !item.optional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::{self, Manifest};
    use crate::registry::client::Client;
    use crate::registry::endpoint::Endpoint;
    use crate::registry::push::target::Push;
    use crate::server::{Catalog, Memory, Registry, Running};
    use crate::spec::Registries;
    use std::sync::Arc;

    async fn planned(running: &Running, items: Vec<Item>) -> Plan {
        let client = Client::new(Registries::default()).unwrap();
        let endpoint = Endpoint::new(&running.address.to_string(), None, "");
        Push { client, endpoint, retag: false, jobs: 1 }.plan(items).await.unwrap()
    }

    fn item() -> Item {
        let layer = serde_json::json!({
            "mediaType": "application/octet-stream", "size": 5, "digest": crate::digest::Digest::of(b"layer"),
        });
        let manifest = serde_json::json!({"schemaVersion": 2, "mediaType": oci::MANIFEST, "layers": [layer]});
        Item {
            upstream: "docker.io/a/b".into(),
            repository: "a/b".into(),
            tag: Some("1".into()),
            manifests: vec![Manifest::parse(manifest.to_string().into(), None).unwrap()],
            optional: false,
        }
    }

    #[tokio::test]
    async fn missing_blobs_are_counted_whether_the_registry_accepts_them_or_not() {
        let writable = Registry::writable().spawn().await.unwrap();
        let plan = planned(&writable, vec![item()]).await;
        assert_eq!(plan.summary(), PushPlan { present: 0, entries: 1, blobs: 1, bytes: 5 });
        plan.check_writable().await.unwrap();

        let read_only = Registry::read_only(Catalog::default(), Arc::new(Memory::default()));
        let read_only = read_only.spawn().await.unwrap();
        let error = planned(&read_only, vec![item()]).await.check_writable().await.unwrap_err().to_string();
        assert!(error.contains("405"), "{error}");
        planned(&read_only, vec![]).await.check_writable().await.unwrap();
    }
}
