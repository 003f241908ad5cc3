//! What the registry answers to each request.

mod asked_blob;
mod blob;
mod conditions;
mod listing;
mod outgoing;
mod read;
mod target;
mod write;

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};

use super::registry::Registry;
use super::reply::error;
use crate::reference::is_repository;
use target::{Target, decode};

/// Answers one request.
pub(super) async fn answer(registry: &Arc<Registry>, request: Request) -> Response {
    let path = decode(request.uri().path()).into_owned();
    let Some(target) = Target::of(&path) else { return error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", &path) };
    if let Some(name) = target.name().filter(|name| !is_repository(name)) {
        return error(StatusCode::BAD_REQUEST, "NAME_INVALID", name);
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && !matches!(target, Target::Upload(..)) {
        return read::answer(registry, target, &request.into_parts().0).await;
    }
    match registry.memory.clone() {
        Some(memory) => write::answer(registry, &memory, target, request).await,
        None => read_only(target),
    }
}

// See: RFC 9110, "Allow": an upload can be asked for nothing, which an empty list says
fn read_only(target: Target<'_>) -> Response {
    let mut refused = error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this registry is read-only");
    let allowed = if matches!(target, Target::Upload(..)) { "" } else { "GET, HEAD" };
    refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    refused
}
