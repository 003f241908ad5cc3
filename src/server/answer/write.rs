//! The push side, for a registry with a memory.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};

use super::target::{Target, parameter};
use crate::digest::Digest;
use crate::oci::{MAX_MANIFEST_BYTES, Manifest};
use crate::server::content::memory::Memory;
use crate::server::registry::Registry;
use crate::server::reply::{error, respond};

const MAX_BLOB_BYTES: usize = 1024 * 1024 * 1024;

pub(crate) async fn answer(
    registry: &Arc<Registry>,
    memory: &Memory,
    target: Target<'_>,
    request: Request,
) -> Response {
    match (request.method().clone(), target) {
        (Method::POST, Target::Upload(name, "")) => open(registry, memory, name, request.uri().query()),
        (Method::GET, Target::Upload(name, session)) => match memory.length(session) {
            Some(length) => progress(StatusCode::NO_CONTENT, name, session, length),
            None => error(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", session),
        },
        (Method::PATCH, Target::Upload(name, session)) => append(memory, name, session, request).await,
        (Method::PUT, Target::Upload(name, session)) => {
            finish(registry, memory, name, session, request).await
        }
        (Method::PUT, Target::Manifest(name, reference)) => {
            manifest(registry, name, reference, request).await
        }
        (method, _) => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", method.as_str()),
    }
}

fn digest_of(query: Option<&str>, name: &str) -> Option<Digest> {
    parameter(query, name)?.parse().ok()
}

fn open(registry: &Registry, memory: &Memory, name: &str, query: Option<&str>) -> Response {
    if let (Some(digest), Some(source)) = (digest_of(query, "mount"), parameter(query, "from")) {
        let held = registry.catalog().view(&source, None).is_some_and(|source| source.holds_blob(&digest));
        if held {
            registry.catalog_mut().add_blob(name, digest);
            return created(&format!("/v2/{name}/blobs/{digest}"), &digest);
        }
    }
    let session = memory.open();
    respond(
        StatusCode::ACCEPTED,
        &[("location", &format!("/v2/{name}/blobs/uploads/{session}"))],
        Body::empty(),
    )
}

async fn append(memory: &Memory, name: &str, session: &str, request: Request) -> Response {
    if !follows(memory, session, request.headers()) {
        return error(StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID", session);
    }
    let Ok(bytes) = to_bytes(request.into_body(), MAX_BLOB_BYTES).await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", session);
    };
    let Some(length) = memory.append(session, &bytes) else {
        return error(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", session);
    };
    progress(StatusCode::ACCEPTED, name, session, length)
}

/// Answers with the address and the progress of an upload.
fn progress(status: StatusCode, name: &str, session: &str, length: usize) -> Response {
    let location = format!("/v2/{name}/blobs/uploads/{session}");
    let range = format!("0-{}", length.saturating_sub(1));
    respond(status, &[("location", &location), ("range", &range)], Body::empty())
}

/// Tells whether a chunk begins where the upload ends, if it says where it begins.
// See: OCI distribution-spec, "Pushing a blob in chunks"
fn follows(memory: &Memory, session: &str, headers: &HeaderMap) -> bool {
    let range = headers.get("content-range").and_then(|range| range.to_str().ok());
    let start = range.and_then(|range| range.split_once('-')?.0.parse().ok());
    start.is_none_or(|start: usize| memory.length(session).is_none_or(|length| length == start))
}

async fn finish(
    registry: &Registry,
    memory: &Memory,
    name: &str,
    session: &str,
    request: Request,
) -> Response {
    let Some(digest) = digest_of(request.uri().query(), "digest") else {
        return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", session);
    };
    if !follows(memory, session, request.headers()) {
        return error(StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID", session);
    }
    let Ok(bytes) = to_bytes(request.into_body(), MAX_BLOB_BYTES).await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", session);
    };
    if memory.append(session, &bytes).is_none() {
        return error(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", session);
    }
    if memory.finish(session, digest).is_none() {
        return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", &digest.to_string());
    }
    registry.catalog_mut().add_blob(name, digest);
    created(&format!("/v2/{name}/blobs/{digest}"), &digest)
}

async fn manifest(registry: &Registry, name: &str, reference: &str, request: Request) -> Response {
    let stated =
        request.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let limit = usize::try_from(MAX_MANIFEST_BYTES).unwrap_or(usize::MAX);
    let Ok(bytes) = to_bytes(request.into_body(), limit).await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", reference);
    };
    let parsed = match Manifest::parse(bytes, stated.as_deref()) {
        Ok(parsed) => parsed,
        Err(reason) => return error(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", &reason),
    };
    let digest = parsed.descriptor.digest;
    if reference.contains(':') && reference != digest.to_string() {
        return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", reference);
    }
    if let Some(missing) = missing(registry, name, &parsed) {
        return error(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN", &missing.to_string());
    }
    let subject = parsed.document.subject.as_ref().map(|subject| subject.digest.to_string());
    registry.catalog_mut().add(name, (!reference.contains(':')).then_some(reference), parsed);
    let mut response = created(&format!("/v2/{name}/manifests/{digest}"), &digest);
    if let Some(Ok(value)) = subject.map(|subject| subject.parse()) {
        response.headers_mut().insert("oci-subject", value);
    }
    response
}

/// Returns something that the manifest names and the repository does not hold.
fn missing(registry: &Registry, name: &str, manifest: &Manifest) -> Option<Digest> {
    let catalog = registry.catalog();
    let held = catalog.view(name, None);
    let held = held.as_ref();
    let absent_blob =
        manifest.document.blobs().find(|blob| !held.is_some_and(|held| held.holds_blob(&blob.digest)));
    let children = manifest.document.manifests.iter().flatten();
    let absent_child =
        children.into_iter().find(|child| held.is_none_or(|held| held.manifest(&child.digest).is_none()));
    absent_blob.or(absent_child).map(|descriptor| descriptor.digest)
}

fn created(location: &str, digest: &Digest) -> Response {
    respond(
        StatusCode::CREATED,
        &[("location", location), ("docker-content-digest", &digest.to_string())],
        Body::empty(),
    )
}
