//! The pull side: manifests, blobs, tags and referrers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{Method, StatusCode};

use super::{Registry, Target, error, respond};
use crate::digest::{Digest, Hasher};
use crate::registry::oci;
use crate::store::BlobSource;

const PIECE_BYTES: usize = 256 * 1024;

pub(super) fn answer(registry: &Arc<Registry>, target: Target<'_>, request: &Request) -> Response {
    let head = request.method() == Method::HEAD;
    match target {
        Target::Base => respond(StatusCode::OK, &[("content-type", "application/json")], Body::from("{}")),
        Target::Manifest(name, reference) => manifest(registry, name, reference, head),
        Target::Blob(name, digest) => blob(registry, name, digest, request),
        Target::Tags(name) => tags(registry, name),
        Target::Referrers(name, digest) => referrers(registry, name, digest, request.uri().query()),
        Target::Upload(name, _) => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", name),
    }
}

fn manifest(registry: &Registry, name: &str, reference: &str, head: bool) -> Response {
    let catalog = registry.catalog();
    let Some(stored) = catalog.repository(name).and_then(|repository| repository.manifest(reference)) else {
        return error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", &format!("{name}: {reference}"));
    };
    let digest = stored.descriptor.digest.to_string();
    let headers = [
        ("content-type", stored.descriptor.media_type.as_str()),
        ("docker-content-digest", &digest),
        ("content-length", &stored.descriptor.size.to_string()),
    ];
    respond(StatusCode::OK, &headers, if head { Body::empty() } else { Body::from(stored.bytes.clone()) })
}

fn blob(registry: &Arc<Registry>, name: &str, digest: &str, request: &Request) -> Response {
    let unknown = || error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", &format!("{name}: {digest}"));
    let Ok(parsed) = digest.parse::<Digest>() else { return unknown() };
    let known =
        registry.catalog().repository(name).is_some_and(|repository| repository.blobs.contains(&parsed));
    let Some(size) = registry.blobs.size(&parsed).filter(|_| known) else { return unknown() };
    let range = request.headers().get("range").and_then(|value| value.to_str().ok());
    let (status, start, end) = match range.map(|text| parse_range(text, size)) {
        None | Some(None) => (StatusCode::OK, 0, size),
        Some(Some(Ok((start, end)))) => (StatusCode::PARTIAL_CONTENT, start, end),
        Some(Some(Err(()))) => {
            return respond(
                StatusCode::RANGE_NOT_SATISFIABLE,
                &[("content-range", &format!("bytes */{size}"))],
                Body::empty(),
            );
        }
    };
    let length = (end - start).to_string();
    let content_range = format!("bytes {start}-{}/{size}", end.saturating_sub(1));
    let mut headers = vec![
        ("content-type", "application/octet-stream"),
        ("docker-content-digest", digest),
        ("accept-ranges", "bytes"),
        ("content-length", length.as_str()),
    ];
    if status == StatusCode::PARTIAL_CONTENT {
        headers.push(("content-range", &content_range));
    }
    let body = if request.method() == Method::HEAD {
        Body::empty()
    } else {
        stream_blob(registry.blobs.clone(), parsed, start, end, size)
    };
    respond(status, &headers, body)
}

/// Takes apart `bytes=START-END`. `None`: not a single range, which is answered whole; `Err`: beyond the blob.
// See: RFC 9110 section 14.1
fn parse_range(text: &str, size: u64) -> Option<Result<(u64, u64), ()>> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (start.parse::<u64>(), end.parse::<u64>()) {
        (Ok(start), Ok(end)) if start <= end => (start, end.saturating_add(1).min(size)),
        (Ok(start), Err(_)) if end.is_empty() => (start, size),
        (Err(_), Ok(last)) if start.is_empty() => (size.saturating_sub(last), size),
        _ => return None,
    };
    Some(if start < end { Ok((start, end)) } else { Err(()) })
}

struct Leaving {
    blobs: Arc<dyn BlobSource>,
    digest: Digest,
    offset: u64,
    end: u64,
    /// Only a blob that leaves whole can be compared with its digest.
    hasher: Option<Hasher>,
}

fn stream_blob(blobs: Arc<dyn BlobSource>, digest: Digest, offset: u64, end: u64, size: u64) -> Body {
    let hasher = (offset == 0 && end == size).then(Hasher::default);
    let leaving = Leaving { blobs, digest, offset, end, hasher };
    Body::from_stream(stream::try_unfold(leaving, |leaving| async move {
        if leaving.offset == leaving.end { Ok(None) } else { next_piece(leaving).map(Some) }
    }))
}

fn next_piece(mut leaving: Leaving) -> std::io::Result<(Bytes, Leaving)> {
    let left = usize::try_from(leaving.end - leaving.offset).unwrap_or(usize::MAX);
    let mut piece = vec![0; left.min(PIECE_BYTES)];
    leaving.blobs.read_exact_at(&leaving.digest, leaving.offset, &mut piece)?;
    leaving.offset += piece.len() as u64;
    if let Some(hasher) = &mut leaving.hasher {
        hasher.update(&piece);
        if leaving.offset == leaving.end && hasher.clone().finish() != leaving.digest {
            return Err(std::io::Error::other(format!("blob {} does not match its digest", leaving.digest)));
        }
    }
    Ok((piece.into(), leaving))
}

fn tags(registry: &Registry, name: &str) -> Response {
    let catalog = registry.catalog();
    let Some(repository) = catalog.repository(name) else {
        return error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", name);
    };
    let tags: Vec<_> = repository.tags.keys().collect();
    let body = serde_json::json!({"name": name, "tags": tags}).to_string();
    respond(StatusCode::OK, &[("content-type", "application/json")], Body::from(body))
}

fn referrers(registry: &Registry, name: &str, digest: &str, query: Option<&str>) -> Response {
    let Ok(digest) = digest.parse::<Digest>() else {
        return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", digest);
    };
    let mut found = registry.catalog().referrers(name, &digest);
    let wanted = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("artifactType="));
    let mut headers = vec![("content-type", oci::INDEX)];
    if let Some(wanted) = wanted {
        let wanted = wanted.replace("%2F", "/").replace("%2f", "/").replace("%2B", "+").replace("%2b", "+");
        found.retain(|descriptor| descriptor.artifact_type.as_deref() == Some(wanted.as_str()));
        headers.push(("oci-filters-applied", "artifactType"));
    }
    let body =
        serde_json::json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": found}).to_string();
    respond(StatusCode::OK, &headers, Body::from(body))
}
