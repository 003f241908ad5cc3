//! Requests to the API server: paths, headers, bodies.

use http::{Method, Request, header};
use kube::client::Body;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::labels::FIELD_MANAGER;

/// The name in the API server's audit log.
const USER_AGENT: &str = concat!("bundle/", env!("CARGO_PKG_VERSION"));

/// The characters of a query's value that are sent unchanged: RFC 3986 calls them unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) const APPLY_PATCH: &str = "application/apply-patch+yaml";

/// Returns the path with which an object is applied; fields that its kind does not have are refused.
pub(super) fn apply_path(id: &ObjectId, force: bool) -> String {
    format!("{}?fieldManager={FIELD_MANAGER}&force={force}&fieldValidation=Strict", id.path())
}

pub(super) const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Makes a request; its body has the content type beside it.
pub(super) fn request(
    method: Method,
    path: &str,
    body: Option<(&str, &Value)>,
    accept: &str,
) -> Result<Request<Body>, kube::Error> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, accept)
        .header(header::USER_AGENT, USER_AGENT);
    let mut bytes = Vec::new();
    if let Some((content_type, object)) = body {
        request = request.header(header::CONTENT_TYPE, content_type);
        bytes = object.to_string().into_bytes();
    }
    request.body(Body::from(bytes)).map_err(kube::Error::HttpError)
}

/// Encodes a value of a query.
pub(super) fn percent_encode(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continue_tokens_survive_the_query() {
        assert_eq!(percent_encode("eyJ2IjoibWV0YS5rOHMuaW8+/="), "eyJ2IjoibWV0YS5rOHMuaW8%2B%2F%3D");
    }
}
