//! The pull side: where each request goes, and manifests.
//!
//! A manifest is never converted, and what the client says that it accepts is not looked at: the protocol has 200 for a
//! manifest that exists and 404 for one that does not, and to say that something is absent which is there would be a lie.
//! The `Content-Type` tells what it is.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

use super::conditions::{entity_tag, settled};
use super::target::{Asked, Target, parameter};
use super::{asked_blob, listing};
use crate::server::content::catalog::repository::Stored;
use crate::server::content::catalog::view::Tagged;
use crate::server::registry::Registry;
use crate::server::reply::{error, respond};

pub(crate) async fn answer(registry: &Arc<Registry>, target: Target<'_>, request: &Parts) -> Response {
    let (query, headers) = (request.uri.query(), &request.headers);
    let head = request.method == Method::HEAD;
    match target {
        Target::Base => listing::base(),
        Target::Repositories => listing::repositories(registry, query),
        Target::Manifest(name, reference) => {
            let found = find_manifest(registry, name, reference, parameter(query, "ns").as_deref());
            found.map_or_else(|refused| refused, |stored| manifest(&stored, headers, head))
        }
        Target::Blob(name, digest) => {
            let found = asked_blob::find(registry, name, digest, parameter(query, "ns").as_deref());
            match found {
                Ok(asked) => asked.answer(headers, head).await,
                Err(refused) => refused,
            }
        }
        Target::Tags(name) => listing::tags(registry, name, query),
        Target::Referrers(name, digest) => listing::referrers(registry, name, digest, query),
        Target::Upload(name, _) => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", name),
    }
}

fn find_manifest(
    registry: &Registry,
    name: &str,
    reference: &str,
    host: Option<&str>,
) -> Result<Stored, Response> {
    let unknown = || error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", &format!("{name}: {reference}"));
    let asked = reference.contains(':').then(|| Asked::of(reference));
    if asked == Some(Asked::Invalid) {
        return Err(error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", reference));
    }
    let catalog = registry.catalog();
    let view = catalog.view(name, host).ok_or_else(unknown)?;
    if let Some(asked) = asked {
        let Asked::Digest(digest) = asked else { return Err(unknown()) };
        return view.manifest(&digest).cloned().ok_or_else(unknown);
    }
    match view.tagged(reference) {
        Tagged::Stored(stored) => Ok(stored.clone()),
        Tagged::Nothing => Err(unknown()),
        Tagged::Several(hosts) => Err(several(name, reference, &hosts)),
    }
}

/// It is not absent, so this is no 404.
fn several(name: &str, tag: &str, hosts: &[&str]) -> Response {
    let (hosts, first) = (hosts.join("`, `"), hosts.first().copied().unwrap_or_default());
    let text = format!("`{name}:{tag}` is not the same in `{hosts}`: ask by digest, or with `?ns={first}`");
    error(StatusCode::BAD_REQUEST, "NAME_INVALID", &text)
}

fn manifest(stored: &Stored, headers: &HeaderMap, head: bool) -> Response {
    let digest = stored.descriptor.digest;
    let (tag, text, size) = (entity_tag(&digest), digest.to_string(), stored.descriptor.size.to_string());
    let validators = [("docker-content-digest", text.as_str()), ("etag", &tag)];
    if let Some(status) = settled(headers, &digest) {
        return respond(status, &validators, Body::empty());
    }
    let content = [("content-type", stored.descriptor.media_type.as_str()), ("content-length", &size)];
    let body = if head { Body::empty() } else { Body::from(stored.bytes.clone()) };
    respond(StatusCode::OK, &[validators, content].concat(), body)
}
