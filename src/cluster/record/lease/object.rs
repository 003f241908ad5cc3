//! The Lease as an object: its name, its holder, and the errors about it.

use serde_json::Value;

use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::{number, text};
use crate::cluster::record::inventory::INVENTORY_NAMESPACE;
use crate::report::printable;

const LONGEST_HOLDER: usize = 200;

pub(super) fn lease_id() -> ObjectId {
    ObjectId::namespaced("coordination.k8s.io/v1", "Lease", "leases", INVENTORY_NAMESPACE, "bundle-install")
}

pub(super) fn holder(lease: &Value) -> String {
    printable(text(lease, "/spec/holderIdentity"), LONGEST_HOLDER)
}

pub(super) fn version(lease: &Value) -> &str {
    text(lease, "/metadata/resourceVersion")
}

pub(super) fn held(lease: &Value) -> ClusterError {
    let time = |pointer| printable(text(lease, pointer), LONGEST_HOLDER);
    ClusterError::Held {
        holder: holder(lease),
        since: time("/spec/acquireTime"),
        renewed: time("/spec/renewTime"),
        seconds: number(lease, "/spec/leaseDurationSeconds"),
    }
}

pub(super) fn refused(status: u16, message: String) -> ClusterError {
    ClusterError::Refused { object: Box::new(lease_id()), file: "lease".into(), status, message }
}
