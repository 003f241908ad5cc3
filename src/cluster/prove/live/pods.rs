//! The pods of live probes at the API server: found by their label, deleted by their uid.

use std::collections::BTreeSet;

use serde_json::Value;

use super::pod::LABEL;
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::{ObjectId, is_path_segment};
use crate::cluster::objects::json::text;

/// Returns the path of the pods of a namespace.
pub(super) fn pods_of(namespace: &str) -> String {
    ObjectId::pod(namespace, "").collection_path()
}

impl Cluster {
    /// Deletes the pods of this run and of any other.
    pub(super) async fn sweep_probe_pods(&self, namespaces: &BTreeSet<&str>) -> Result<(), ClusterError> {
        for namespace in namespaces {
            let mut left = Vec::new();
            let keep = |pod: &Value| -> Option<()> {
                let [name, uid] =
                    ["/metadata/name", "/metadata/uid"].map(|place| text(pod, place).to_owned());
                left.push((name, uid));
                None
            };
            self.api.find_selected(&pods_of(namespace), (LABEL, ""), keep).await?;
            for (name, uid) in left.into_iter().filter(|(name, _)| is_path_segment(name)) {
                self.delete_pod(&ObjectId::pod(namespace, &name), &uid).await?;
            }
        }
        Ok(())
    }

    /// Deletes a pod; one that is gone, or another by now, is no error.
    pub(super) async fn delete_pod(&self, id: &ObjectId, uid: &str) -> Result<(), ClusterError> {
        let answer = self.api.delete(id, uid, false).await?;
        match answer.status {
            // Gone, or another one by now.
            200..=299 | 404 | 409 => Ok(()),
            status => Err(ClusterError::Unexpected {
                request: format!("DELETE {}", id.path()),
                status,
                message: answer.message(),
            }),
        }
    }
}
