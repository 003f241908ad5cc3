//! The blob that a request asks for.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;

use super::target::Asked;
use crate::digest::Digest;
use crate::server::content::health::Health;
use crate::server::registry::Registry;
use crate::server::reply::error;

/// A blob that is asked for and held.
pub(crate) struct AskedBlob {
    pub registry: Arc<Registry>,
    pub digest: Digest,
    pub size: u64,
    pub health: Arc<Health>,
}

/// Finds a blob of a repository.
pub(crate) fn find(
    registry: &Arc<Registry>,
    name: &str,
    digest: &str,
    host: Option<&str>,
) -> Result<AskedBlob, Response> {
    let unknown = || error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", &format!("{name}: {digest}"));
    let digest = match Asked::of(digest) {
        Asked::Digest(digest) => digest,
        Asked::OtherAlgorithm => return Err(unknown()),
        Asked::Invalid => return Err(error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", digest)),
    };
    let known = registry.catalog().view(name, host).is_some_and(|view| view.holds_blob(&digest));
    let size = registry.blobs.size(&digest).filter(|_| known).ok_or_else(unknown)?;
    Ok(AskedBlob { registry: registry.clone(), digest, size, health: registry.health.of(digest) })
}
