//! Lists: of repositories, of tags, of referrers.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;

use super::target::{Asked, parameter};
use crate::oci;
use crate::server::content::catalog::repository::referrers_index;
use crate::server::content::catalog::view::lexical;
use crate::server::registry::Registry;
use crate::server::reply::{error, json, respond};

/// A part of a list, and whether there is more.
struct Page<'a> {
    names: Vec<&'a str>,
    goes_on: bool,
}

/// Cuts a page out of a list that is in order. `None`: `n` is not a number.
// See: OCI distribution-spec, "Listing Tags"
fn page<'a>(names: impl Iterator<Item = &'a str>, query: Option<&str>) -> Option<Page<'a>> {
    let limit = parameter(query, "n").map(|limit| limit.parse::<usize>()).transpose().ok()?;
    let last = parameter(query, "last").map(|last| lexical(&last));
    let mut rest = names.filter(|name| last.as_ref().is_none_or(|last| lexical(name) > *last));
    let names: Vec<_> = rest.by_ref().take(limit.unwrap_or(usize::MAX)).collect();
    let goes_on = !names.is_empty() && rest.next().is_some();
    Some(Page { names, goes_on })
}

impl Page<'_> {
    /// Returns the address of the next page, relative to this one's host.
    fn link(&self, path: &str, query: Option<&str>) -> Option<String> {
        let last = self.names.last().filter(|_| self.goes_on)?;
        let host = parameter(query, "ns").map(|host| format!("&ns={host}")).unwrap_or_default();
        Some(format!("<{path}?n={}&last={last}{host}>; rel=\"next\"", self.names.len()))
    }

    fn respond(&self, path: &str, query: Option<&str>, body: &serde_json::Value) -> Response {
        let link = self.link(path, query);
        let link = link.as_deref().map(|link| ("link", link));
        let headers: Vec<_> = [("content-type", "application/json")].into_iter().chain(link).collect();
        respond(StatusCode::OK, &headers, Body::from(body.to_string()))
    }
}

fn not_a_number() -> Response {
    error(StatusCode::BAD_REQUEST, "PAGINATION_NUMBER_INVALID", "`n` is not a number")
}

// See: distribution docs/spec/api.md, "Listing Repositories"
pub(crate) fn repositories(registry: &Registry, query: Option<&str>) -> Response {
    let catalog = registry.catalog();
    let Some(page) = page(catalog.names(), query) else { return not_a_number() };
    page.respond("/v2/_catalog", query, &serde_json::json!({"repositories": page.names}))
}

pub(crate) fn tags(registry: &Registry, name: &str, query: Option<&str>) -> Response {
    let catalog = registry.catalog();
    let view = catalog.view(name, parameter(query, "ns").as_deref()).filter(|view| view.tags);
    let Some(view) = view else { return error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", name) };
    let Some(page) = page(view.tags().into_iter(), query) else { return not_a_number() };
    let body = serde_json::json!({"name": name, "tags": page.names});
    page.respond(&format!("/v2/{name}/tags/list"), query, &body)
}

// See: OCI distribution-spec, "Listing Referrers": what is not known has no referrers, and is never a 404
pub(crate) fn referrers(registry: &Registry, name: &str, digest: &str, query: Option<&str>) -> Response {
    let catalog = registry.catalog();
    let view = catalog.view(name, parameter(query, "ns").as_deref());
    let mut found = match Asked::of(digest) {
        Asked::Digest(digest) => view.map(|view| view.referrers(&digest)).unwrap_or_default(),
        Asked::OtherAlgorithm => Vec::new(),
        Asked::Invalid => return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", digest),
    };
    let mut headers = vec![("content-type", oci::INDEX)];
    if let Some(wanted) = parameter(query, "artifactType").filter(|wanted| !wanted.is_empty()) {
        found.retain(|descriptor| descriptor.artifact_type.as_deref() == Some(&wanted));
        headers.push(("oci-filters-applied", "artifactType"));
    }
    respond(StatusCode::OK, &headers, Body::from(referrers_index(found.iter())))
}

pub(crate) fn base() -> Response {
    let mut response = json(StatusCode::OK, "{}");
    // See: distribution docs/spec/api.md, "API Version Check"; older clients look for it
    let version = http::HeaderValue::from_static("registry/2.0");
    response.headers_mut().insert("docker-distribution-api-version", version);
    response
}
